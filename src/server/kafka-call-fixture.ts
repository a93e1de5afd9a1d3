import type { Api, RequestInputOf, ResponseOf } from '../codec/api.ts'
import { zeroUuid } from '../codec/uuid.ts'
import type { Field, Message } from '../codec/field.ts'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { fetch } from '../kafka/schema/fetch.ts'
import { findCoordinator } from '../kafka/schema/find-coordinator.ts'
import { initProducerId } from '../kafka/schema/init-producer-id.ts'
import { produce } from '../kafka/schema/produce.ts'
import { type BatchOptions, buildBatch } from '../record/batch-builder.ts'

/** What later calls need of the answers to earlier ones. */
export class Known {
  readonly topicIds = new Map<string, string>()
  producerId = 0

  id(topic: string): string {
    return this.topicIds.get(topic) ?? zeroUuid
  }
}

/** A call that any broker must answer, and how to make it. `body` gets the version, so that calls which change something differ. */
export interface KafkaCall {
  readonly name: string
  readonly api: Api
  readonly versions: readonly [first: number, last: number]
  body(known: Known, version: number): RequestInputOf<Api>
}

type Body<A extends Api> = RequestInputOf<A> | ((known: Known, version: number) => RequestInputOf<A>)

export function call<A extends Api>(
  api: A,
  name: string,
  body: Body<A>,
  versions: readonly [number, number] = api.versions,
): KafkaCall {
  const make = typeof body === 'function' ? body : () => body
  return {
    name,
    api,
    versions,
    body: (known, version) => fitting(api.request, version, make(known, version) as Record<string, unknown>) as never,
  }
}

/** The request without the fields that the version lacks, which a client of that version could not have sent. */
function fitting(message: Message, version: number, value: Record<string, unknown>): Record<string, unknown> {
  const has = (field: Field): boolean => version >= (field.since ?? 0) && version <= (field.until ?? 1000)
  const kept = Object.entries(value).filter(([name]) => {
    const field = message.fields[name]
    return field !== undefined && has(field)
  })
  return Object.fromEntries(
    kept.map(([name, content]) => [name, fittingField(message.fields[name] as Field, version, content)]),
  )
}

function fittingField({ type }: Field, version: number, content: unknown): unknown {
  if (typeof type === 'string' || content === null || content === undefined) return content
  if (type.kind === 'message') return fitting(type, version, content as Record<string, unknown>)
  const { of } = type
  if (typeof of === 'string') return content
  return (content as Record<string, unknown>[]).map((each) => fitting(of, version, each))
}

/** A time in 2020 that all records of these calls are at, or some milliseconds after. */
export const recordTime = 1_600_000_000_000

export function batchOf(count: number, options: BatchOptions = {}, at = recordTime): Buffer {
  const records = Array.from({ length: count }, (_, nth) => {
    return { timestamp: at + nth, key: Buffer.from(`k${nth}`), value: Buffer.from(`value ${nth}`) }
  })
  return buildBatch(records, options)
}

export function corrupt(batch: Buffer): Buffer {
  batch[batch.length - 1] = (batch.at(-1) ?? 0) ^ 0xff
  return batch
}

export function oldMagic(batch: Buffer): Buffer {
  batch[16] = 1
  return batch
}

/** A produce of one batch to one partition, by name and id. */
export function produceTo(
  known: Known,
  topic: string,
  batch: Uint8Array | null,
  more: { index?: number; acks?: number; transactionalId?: string | null } = {},
): RequestInputOf<typeof produce> {
  return {
    transactionalId: more.transactionalId ?? null,
    acks: more.acks ?? -1,
    timeoutMs: 5000,
    topicData: [
      { name: topic, topicId: known.id(topic), partitionData: [{ index: more.index ?? 0, records: batch as never }] },
    ],
  }
}

export function fetchFrom(
  known: Known,
  topic: string,
  more: {
    index?: number
    from?: number
    maxBytes?: number
    partitionMaxBytes?: number
    leaderEpoch?: number
    lastFetchedEpoch?: number
    sessionId?: number
    sessionEpoch?: number
    isolationLevel?: number
  } = {},
): RequestInputOf<typeof fetch> {
  return {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: more.maxBytes ?? 1_000_000,
    isolationLevel: more.isolationLevel ?? 0,
    sessionId: more.sessionId ?? 0,
    sessionEpoch: more.sessionEpoch ?? -1,
    topics: [
      {
        topic,
        topicId: known.id(topic),
        partitions: [
          {
            partition: more.index ?? 0,
            currentLeaderEpoch: more.leaderEpoch ?? -1,
            fetchOffset: more.from ?? 0,
            lastFetchedEpoch: more.lastFetchedEpoch ?? -1,
            partitionMaxBytes: more.partitionMaxBytes ?? 1_000_000,
          },
        ],
      },
    ],
  }
}

const topicsMade: RequestInputOf<typeof createTopics>['topics'] = [
  { name: 'words', numPartitions: 3, replicationFactor: 1 },
  { name: 'small', numPartitions: 1, replicationFactor: 1, configs: [{ name: 'max.message.bytes', value: '300' }] },
  {
    name: 'stamped',
    numPartitions: 1,
    replicationFactor: 1,
    configs: [{ name: 'message.timestamp.type', value: 'LogAppendTime' }],
  },
  {
    name: 'narrow',
    numPartitions: 1,
    replicationFactor: 1,
    configs: [{ name: 'internal.segment.bytes', value: '300' }],
  },
  { name: 'empty', numPartitions: 1, replicationFactor: 1 },
  { name: 'doomed', numPartitions: 1, replicationFactor: 1 },
  {
    name: 'compacted',
    numPartitions: 1,
    replicationFactor: 1,
    configs: [{ name: 'cleanup.policy', value: 'compact' }],
  },
]

/** Makes topics and records that the other calls are about. Real Kafka needs some tries, until its topics have leaders. */
export async function prepare(
  known: Known,
  ask: <A extends Api>(api: A, version: number, body: RequestInputOf<A>) => Promise<ResponseOf<A>>,
): Promise<void> {
  const insist = async <T>(attempt: () => Promise<T>, isDone: (answer: T) => boolean): Promise<T> => {
    for (let tries = 0; tries < triesMax; tries++) {
      const answer = await attempt()
      if (isDone(answer)) return answer
    }
    throw new Error('the calls cannot be prepared: is this a fresh cluster of one broker?')
  }
  const write = (body: RequestInputOf<typeof produce>) =>
    insist(
      () => ask(produce, 12, body),
      ({ responses }) => responses[0]?.partitionResponses[0]?.errorCode === 0,
    )
  await insist(
    () => ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: ['readers'] }),
    ({ coordinators }) => coordinators[0]?.errorCode === 0,
  )
  const made = await insist(
    () => ask(createTopics, 7, { topics: topicsMade ?? [], timeoutMs: 10_000 }),
    ({ topics }) => topics.every(({ errorCode }) => errorCode === 0),
  )
  for (const { name, topicId } of made.topics) known.topicIds.set(name, topicId)
  await write(produceTo(known, 'words', batchOf(3)))
  await write(produceTo(known, 'words', batchOf(2, {}, recordTime + 1000)))
  await write(produceTo(known, 'words', batchOf(4), { index: 1 }))
  await write(produceTo(known, 'stamped', batchOf(2)))
  const { producerId } = await insist(
    () => ask(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 60_000 }),
    ({ errorCode }) => errorCode === 0,
  )
  known.producerId = producerId
  const producer = { id: producerId, epoch: 0, baseSequence: 0 }
  await write(produceTo(known, 'words', batchOf(2, { producer }), { index: 2 }))
}

const triesMax = 200
