import type { Decision, DecisionContext } from '../../src/metadata/controller/decision.ts'
import { operations } from '../../src/metadata/controller/operations.ts'
import type { MetadataRecord } from '../../src/metadata/records.ts'
import { receiptRules } from '../../src/receipt/receipt-rules.ts'
import { type BrokerRules, brokerRules } from '../../src/server/broker-rules.ts'
import type { ViolationCode } from '../history.ts'

/** A mistake that real systems have made, or that the design only just avoids; and as what it has to be found. */
export interface Planted {
  readonly name: string
  readonly rules: BrokerRules
  readonly seenAs: readonly ViolationCode[]
  /** A seed from which on it is found soon. */
  readonly from: number
}

const lost = ['committed entries lost', 'committed history differs', 'lost', 'logs differ'] as const

const deciding = (wrong: Partial<typeof operations>): BrokerRules => ({
  ...brokerRules,
  operations: { ...operations, ...wrong },
})

const replicating = (wrong: Partial<BrokerRules['replication']>): BrokerRules => ({
  ...brokerRules,
  replication: { ...brokerRules.replication, ...wrong },
})

/** Each partition change is what `change` makes of it and of the partition before. */
function changed<Answer>(
  { image }: DecisionContext,
  decision: Decision<Answer>,
  change: (
    record: MetadataRecord & { type: 'partition-change' },
    before: { readonly leaderEpoch: number },
  ) => MetadataRecord,
): Decision<Answer> {
  const records = decision.records.map((record) => {
    if (record.type !== 'partition-change') return record
    const before = image.topicById(record.topicId)?.partitions[record.partition]
    return before === undefined ? record : change(record, before)
  })
  return { ...decision, records }
}

export const planted: readonly Planted[] = [
  {
    name: 'a replica that has lost what it had unsynced is taken for whole (the last replica standing, KIP-966)',
    rules: deciding({
      unfenceBroker: (context, asked) => operations.unfenceBroker(context, { ...asked, suspects: [] }),
    }),
    seenAs: lost,
    from: 99,
  },
  {
    name: 'a primary resumes its epoch after a start (RocketMQ’s classic has none)',
    rules: deciding({
      unfenceBroker: (context, asked) =>
        changed(context, operations.unfenceBroker(context, { ...asked, suspects: [] }), (record, before) => ({
          ...record,
          leaderEpoch: record.leader === asked.brokerId ? before.leaderEpoch : record.leaderEpoch,
        })),
      fenceBroker: (context, asked) =>
        changed(context, operations.fenceBroker(context, asked), (record, before) => ({
          ...record,
          leaderEpoch: record.leader === -1 ? before.leaderEpoch : record.leaderEpoch,
        })),
      registerBroker: (context, asked) =>
        changed(context, operations.registerBroker(context, asked), (record, before) => ({
          ...record,
          leaderEpoch: record.leader === -1 ? before.leaderEpoch : record.leaderEpoch,
        })),
    }),
    seenAs: ['two leaders', ...lost],
    from: 7,
  },
  {
    name: 'a fetch from a log that diverges acknowledges (KIP-101, rocketmq#3015)',
    rules: replicating({ divergenceOf: () => null }),
    seenAs: [...lost, 'not live', 'ended itself'],
    from: 20,
  },
  {
    name: 'a replica that is behind is elected, for its newer epoch (dledger#52)',
    rules: replicating({ isUpToDate: () => true }),
    seenAs: [...lost, 'ended itself', 'not live'],
    from: 14,
  },
  {
    name: 'a receipt is one offset short',
    rules: replicating({ receipts: { ...receiptRules, beginsAt: (from) => from + 1 } }),
    seenAs: ['cut without a receipt', 'receipt is not the cut'],
    from: 4,
  },
  {
    name: 'a receipt is written after its cut, and goes with a crash in between',
    rules: replicating({
      receipts: {
        ...receiptRules,
        inOrder: async ({ write, cut, done }) => {
          await cut()
          await write()
          await done()
        },
      },
    }),
    seenAs: ['cut without a receipt'],
    from: 4,
  },
  {
    name: 'no receipt is written of what a leader may lack that was elected without being in sync',
    rules: { ...brokerRules, writeUncleanLoss: async () => {} },
    seenAs: ['loss without a receipt'],
    from: 36,
  },
  {
    name: 'no receipts are written',
    rules: replicating({ receipts: { ...receiptRules, inOrder: ({ cut }) => cut() } }),
    seenAs: ['cut without a receipt', 'loss without a receipt'],
    from: 4,
  },
  {
    name: 'a snapshot is taken for the state at the log end, above the watermark (KIP-630)',
    rules: {
      ...brokerRules,
      snapshotOf: (batch, { logEndOffset: endOffset, lastEpoch: epoch }) => ({ ...batch, endOffset, epoch }),
    },
    seenAs: [...lost, 'not live', 'ended itself', 'did not start', 'two leaders', 'topic lost', 'topic back'],
    from: 12,
  },
]
