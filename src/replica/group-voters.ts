import type { Log } from '../log/log.ts'
import type { Offset } from '../record/offset.ts'
import { isSameReplica, type ReplicaId } from '../replication/replica-id.ts'
import { VoterHistory, type VoterSet } from '../replication/voters.ts'
import type { Disk } from '../runtime/disk.ts'
import { votersIn } from './voters-record.ts'

const fileName = 'voters'
const scanBytes = 1024 * 1024

interface Stored {
  readonly sets: readonly [VoterSet, ...VoterSet[]]
  /** From here on the log may hold sets that are not listed; null: it does not. */
  readonly scanFrom: Offset | null
}

/** Who votes is not known: the replica may not take part in an election. */
class DamagedVoters extends Error {
  readonly code = 'DAMAGED_VOTERS'

  constructor(path: string) {
    super(`${path} does not hold voter sets`)
  }
}

/**
 * The voter sets of a replica's log, and a file beside it that tells where they stand, so that a start need not read the whole log. The
 * log is what counts: before a set is appended the file says from where on to look, and what it lists is held against the log.
 */
export class GroupVoters {
  readonly history: VoterHistory
  readonly #disk: Disk | null
  readonly #path: string
  #scanFrom: Offset | null = null
  #writing: Promise<void> = Promise.resolve()

  private constructor(history: VoterHistory, disk: Disk | null, path: string) {
    this.history = history
    this.#disk = disk
    this.#path = path
  }

  /** Voters that never change. */
  static fixed(voters: readonly ReplicaId[]): GroupVoters {
    return new GroupVoters(new VoterHistory([{ offset: -1, voters, learner: null }]), null, '')
  }

  /** Of the replica in that folder; `made` are the voters that the group was made with, for one without a file. */
  static async open(disk: Disk, directory: string, log: Log, made: readonly ReplicaId[]): Promise<GroupVoters> {
    const path = `${directory}/${fileName}`
    const stored = await readStored(disk, path)
    const [first, ...others] = stored?.sets ?? [{ offset: -1, voters: made, learner: null }]
    const history = new VoterHistory([first as VoterSet])
    const isListed = await Promise.all(others.map((set) => standsIn(log, set)))
    others.forEach((set, at) => {
      if (isListed[at]) history.append(set)
    })
    const scanFrom = stored?.scanFrom ?? null
    if (scanFrom !== null) {
      const from = Math.max(scanFrom, log.logStartOffset)
      for (const set of await scan(log, from)) if (set.offset > history.latest.offset) history.append(set)
    }
    const voters = new GroupVoters(history, disk, path)
    await voters.#write(null)
    return voters
  }

  /** Durable when it resolves: a set may be appended from `logEndOffset` on. */
  async begin(logEndOffset: Offset): Promise<void> {
    await this.#write(Math.min(this.#scanFrom ?? logEndOffset, logEndOffset))
  }

  /** They are in the log. Where is written down by and by. */
  appended(sets: readonly VoterSet[]): void {
    for (const set of sets) this.history.append(set)
    this.#write(null).catch(() => {
      // The file says from where on to look.
    })
  }

  /** The log ends there now. Whether another set is in force. */
  truncated(end: Offset): boolean {
    const isAnother = this.history.truncateTo(end)
    if (isAnother) this.appended([])
    return isAnother
  }

  /** The log begins anew, where these voters were. */
  restarted(voters: readonly ReplicaId[]): void {
    this.history.restart(voters)
    this.appended([])
  }

  #write(scanFrom: Offset | null): Promise<void> {
    const disk = this.#disk
    if (disk === null) return Promise.resolve()
    const write = async (): Promise<void> => {
      // What was appended meanwhile is listed.
      const bytes = Buffer.from(`${JSON.stringify({ version: 0, scanFrom, sets: this.history.sets })}\n`)
      await disk.writeFileAtomic(this.#path, bytes)
      this.#scanFrom = scanFrom
    }
    const written = this.#writing.then(write, write)
    this.#writing = written.catch(() => {})
    return written
  }
}

/** Whether the log holds the set where it is said to stand, as far as it still can be looked for. */
async function standsIn(log: Log, set: VoterSet): Promise<boolean> {
  if (set.offset < log.logStartOffset) return true
  if (set.offset >= log.logEndOffset) return false
  const [found] = await scan(log, set.offset, set.offset + 1)
  return found !== undefined && found.offset === set.offset && isSameSet(found, set)
}

async function scan(log: Log, start: Offset, upTo = log.logEndOffset): Promise<VoterSet[]> {
  const sets: VoterSet[] = []
  for (let from = start; from < upTo; ) {
    const slice = await log.read({ from, upTo, maxBytes: scanBytes, minOneBatch: true })
    try {
      if (slice.bytes === 0) break
      sets.push(...(await votersIn(Buffer.concat(slice.buffers))))
      from = slice.nextOffset
    } finally {
      slice.release()
    }
  }
  return sets.filter(({ offset }) => offset >= start && offset < upTo)
}

function isSameSet(one: VoterSet, other: VoterSet): boolean {
  return (
    one.voters.length === other.voters.length &&
    one.voters.every((voter) => other.voters.some((each) => isSameReplica(each, voter)))
  )
}

async function readStored(disk: Disk, path: string): Promise<Stored | null> {
  if (!(await disk.exists(path))) return null
  const text = Buffer.from(await disk.readFile(path)).toString('utf8')
  try {
    const { version, sets, scanFrom } = JSON.parse(text) as Record<string, unknown>
    if (version === 0 && Array.isArray(sets) && sets.length > 0 && sets.every(isSet)) {
      return {
        sets: sets as [VoterSet, ...VoterSet[]],
        scanFrom: Number.isSafeInteger(scanFrom) ? Number(scanFrom) : null,
      }
    }
  } catch {
    // It is told below.
  }
  throw new DamagedVoters(path)
}

function isSet(value: unknown): value is VoterSet {
  const { offset, voters, learner } = (value ?? {}) as Record<string, unknown>
  const isReplica = (each: unknown): boolean => {
    const { broker, directory } = (each ?? {}) as Record<string, unknown>
    return Number.isSafeInteger(broker) && typeof directory === 'string'
  }
  return (
    Number.isSafeInteger(offset) &&
    Array.isArray(voters) &&
    voters.every(isReplica) &&
    (learner === null || isReplica(learner))
  )
}
