import { message, encodeVersioned, array } from '../codec/message.ts'
import { buildBatch } from '../record/batch-builder.ts'
import type { ValidatedBatches } from '../record/batch-validation.ts'
import { ownBatch } from './own-batch.ts'
import type { LeaderEpoch, Timestamp } from '../record/offset.ts'
import type { BrokerId, ReplicaId } from '../replication/replica-id.ts'

const controlKey = message({ type: { type: 'int16', about: 'Kind of the control record.' } })
const leaderChangeType = 2

const voter = message({ voterId: { type: 'int32', about: 'A voter of the group.' } }, { flexibleSince: 0 })

const leaderChange = message(
  {
    leaderId: { type: 'int32', about: 'Who leads from here on.' },
    voters: { type: array(voter), about: 'The voters of the group.' },
    grantingVoters: { type: array(voter), about: 'Those of them whose votes made it leader.' },
  },
  { flexibleSince: 0 },
)

/**
 * The control batch with which a leader begins its epoch where elections compare logs (KIP-595). Clients skip it;
 * committing it commits what was inherited.
 */
export function leaderChangeBatch(change: {
  leader: BrokerId
  replicas: readonly ReplicaId[]
  epoch: LeaderEpoch
  nowMs: Timestamp
}): ValidatedBatches {
  const voters = change.replicas.map(({ broker: voterId }) => ({ voterId }))
  const key = encodeVersioned(controlKey, { type: leaderChangeType }, 0)
  const value = encodeVersioned(leaderChange, { leaderId: change.leader, voters, grantingVoters: voters }, 0)
  const batch = buildBatch([{ timestamp: change.nowMs, key, value }], { epoch: change.epoch, control: true })
  return ownBatch(batch, change.nowMs)
}
