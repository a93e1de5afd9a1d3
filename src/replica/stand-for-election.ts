import type { ReplicaId } from '../replication/replica-id.ts'
import { Election, type ElectionEffect } from '../replication/elect/self.ts'
import type { Disk } from '../runtime/disk.ts'
import { invariant } from '../runtime/invariant.ts'
import type { Replica } from './replica.ts'
import { readVote, writeVote } from './vote-file.ts'

/**
 * Makes the replica of a `self` group stand in a new epoch, and lead if it is elected; with the only voter that is always so.
 * The vote is on disk before it counts, and no epoch is used twice, whatever the log has lost.
 */
export async function standForElection(
  replica: Replica,
  candidate: { self: ReplicaId; directory: string; disk: Disk },
): Promise<void> {
  const { self, directory, disk } = candidate
  const vote = await readVote(disk, directory)
  const epoch = Math.max(vote.epoch, replica.log.lastEpoch, 0)
  const voters = [self.broker]
  const election = new Election({ self: self.broker, voters, epoch })
  let effects: ElectionEffect[] = election.step({ type: 'stand' })
  for (let effect = effects.shift(); effect !== undefined; effect = effects.shift()) {
    if (effect.type === 'persist') {
      await writeVote(disk, directory, { epoch: effect.epoch, votedFor: self })
      effects = [...effects, ...election.step({ type: 'persisted', epoch: effect.epoch })]
    } else replica.lead(effect.epoch, { replicas: voters, inSync: voters })
  }
  invariant(replica.leads, 'the only voter was not elected', { voters, epoch })
}
