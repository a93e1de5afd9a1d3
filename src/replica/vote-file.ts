import type { LeaderEpoch } from '../record/offset.ts'
import type { ReplicaId } from '../replication/replica-id.ts'
import type { Disk } from '../runtime/disk.ts'

/** For whom this replica has voted, in which epoch. */
export interface Vote {
  readonly epoch: LeaderEpoch
  readonly votedFor: ReplicaId | null
}

const fileName = 'quorum-state'

/** What this replica has voted is not known: it may not vote again. */
class DamagedVote extends Error {
  readonly code = 'DAMAGED_VOTE'

  constructor(path: string) {
    super(`${path} does not hold a vote`)
    this.name = 'DamagedVote'
  }
}

/** The vote in a replica's folder; epoch 0 and nobody where there is none yet. A damaged file is an error: a forgotten vote could be given twice. */
export async function readVote(disk: Disk, directory: string): Promise<Vote> {
  const path = `${directory}/${fileName}`
  if (!(await disk.exists(path))) return { epoch: 0, votedFor: null }
  const text = Buffer.from(await disk.readFile(path)).toString('utf8')
  const state = stateIn(text)
  if (state === null) throw new DamagedVote(path)
  const { leaderEpoch: epoch, votedId, votedDirectoryId } = state
  return { epoch, votedFor: votedId < 0 ? null : { broker: votedId, directory: votedDirectoryId } }
}

/** Durable when it resolves. The names of the fields are Kafka's. */
export async function writeVote(disk: Disk, directory: string, vote: Vote): Promise<void> {
  const state = {
    leaderId: -1,
    leaderEpoch: vote.epoch,
    votedId: vote.votedFor?.broker ?? -1,
    votedDirectoryId: vote.votedFor?.directory ?? '',
    data_version: 1,
  }
  await disk.writeFileAtomic(`${directory}/${fileName}`, Buffer.from(`${JSON.stringify(state)}\n`))
}

function stateIn(text: string): { leaderEpoch: number; votedId: number; votedDirectoryId: string } | null {
  try {
    const state: unknown = JSON.parse(text)
    return isState(state) ? state : null
  } catch {
    return null
  }
}

function isState(state: unknown): state is { leaderEpoch: number; votedId: number; votedDirectoryId: string } {
  if (typeof state !== 'object' || state === null) return false
  const { leaderEpoch, votedId, votedDirectoryId } = state as Record<string, unknown>
  return Number.isSafeInteger(leaderEpoch) && Number.isSafeInteger(votedId) && typeof votedDirectoryId === 'string'
}
