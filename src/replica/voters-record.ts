import { asBuffer } from '../codec/as-buffer.ts'
import { array, decodeVersioned, encodeVersioned, message } from '../codec/message.ts'
import { entriesIn } from '../log/entries-in.ts'
import { buildBatch } from '../record/batch-builder.ts'
import type { ValidatedBatches } from '../record/batch-validation.ts'
import { controlTypeOf } from '../record/control-record.ts'
import type { LeaderEpoch, Timestamp } from '../record/offset.ts'
import { readRecords } from '../record/record-reader.ts'
import type { ReplicaId } from '../replication/replica-id.ts'
import type { VoterSet } from '../replication/voters.ts'
import { ownBatch } from './own-batch.ts'

const controlKey = message({ type: { type: 'int16', about: 'Kind of the control record.' } })
const votersType = 6

const endpoint = message({
  name: { type: 'string', about: 'Name of a listener.' },
  host: { type: 'string', about: 'Where it is.' },
  port: { type: 'uint16', about: 'At which port.' },
})
const supported = message({
  minSupportedVersion: { type: 'int16', about: 'Of kraft.version.' },
  maxSupportedVersion: { type: 'int16', about: 'Of kraft.version.' },
})
const voter = message({
  voterId: { type: 'int32', about: 'A voter of the group.' },
  voterDirectoryId: { type: 'uuid', about: 'The folder that its log is in.' },
  endpoints: { type: array(endpoint), about: 'None: brokers know each other.' },
  kRaftVersionFeature: { type: supported, about: 'Always 0.' },
})
const learner = message({
  brokerId: { type: 'int32', about: 'Who is to be taken in.' },
  directoryId: { type: 'uuid', about: 'The folder that its log is in.' },
})

/** Kafka's VotersRecord (KIP-853); the learners are Trilog's own, in a tag that Kafka passes over. */
const votersRecord = message(
  {
    voters: { type: array(voter), about: 'All voters from here on.' },
    learners: {
      type: array(learner),
      tagged: { tag: 10_000, since: 0 },
      about: 'Who follows and is to be a voter once it has caught up; one at most.',
    },
  },
  { flexibleSince: 0 },
)

/** The control batch that says who votes from there on. */
export function votersBatch(
  set: Omit<VoterSet, 'offset'>,
  { epoch, nowMs }: { epoch: LeaderEpoch; nowMs: Timestamp },
): ValidatedBatches {
  const voters = set.voters.map(({ broker, directory }) => ({ voterId: broker, voterDirectoryId: directory }))
  const learners = set.learner === null ? [] : [{ brokerId: set.learner.broker, directoryId: set.learner.directory }]
  const key = encodeVersioned(controlKey, { type: votersType }, 0)
  const value = encodeVersioned(votersRecord, { voters, learners }, 0)
  return ownBatch(buildBatch([{ timestamp: nowMs, key, value }], { epoch, control: true }), nowMs)
}

/** The voter sets that stand in these batches, in their order. */
export async function votersIn(entries: Uint8Array): Promise<VoterSet[]> {
  const sets: VoterSet[] = []
  for (const { entry, batch } of entriesIn(asBuffer(entries))) {
    if (!batch.isControl) continue
    const { baseOffset: logged } = entry
    const { baseOffset } = batch
    for (const { offset, key, value } of await readRecords(batch)) {
      if (controlTypeOf(key) !== 'kraft-voters' || value === null) continue
      const { voters, learners } = decodeVersioned(votersRecord, value).value
      const [first] = learners
      const learning: ReplicaId | null =
        first === undefined ? null : { broker: first.brokerId, directory: first.directoryId }
      const replicas = voters.map(({ voterId, voterDirectoryId }) => ({ broker: voterId, directory: voterDirectoryId }))
      sets.push({ offset: logged + offset - baseOffset, voters: replicas, learner: learning })
    }
  }
  return sets
}

/** Whether there is a control batch, of whatever kind: only then is it worth to look for voters. */
export function hasControl(entries: Uint8Array): boolean {
  for (const { batch } of entriesIn(asBuffer(entries))) if (batch.isControl) return true
  return false
}
