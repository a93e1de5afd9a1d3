import { encodeRequest } from '../../src/codec/api.ts'
import { fetch } from '../../src/kafka/schema/fetch.ts'
import { metadata } from '../../src/kafka/schema/metadata.ts'
import type { Ground } from './attack.ts'

const waitMs = { short: 500, long: 2_147_483_647 } as const
const header = { correlationId: 1, clientId: 'attack' }

/** As much as a client may ask for at once, from the first offset of every partition of the big topic. */
export function fetchEverything({ big }: Ground, bytes: { all: number; partition: number }): Buffer {
  const partitions = Array.from({ length: big.partitions }, (_, partition) => {
    return { partition, fetchOffset: 0, partitionMaxBytes: bytes.partition }
  })
  return fetchFrame({
    maxWaitMs: waitMs.short,
    minBytes: 1,
    maxBytes: bytes.all,
    topics: [{ topicId: big.id, partitions }],
  })
}

/** A fetch of many partitions that waits for ever for more than there will be. */
export function fetchForEver(ground: Ground): Buffer {
  const limits = { maxWaitMs: waitMs.long, minBytes: waitMs.long, maxBytes: 1 }
  return fetchFrame({ ...limits, topics: manyPartitions(ground) })
}

/** Begins a fetch session with many partitions. */
export function fetchInSession(ground: Ground): Buffer {
  return fetchFrame({ maxWaitMs: 0, minBytes: 0, maxBytes: 1, sessionEpoch: 0, topics: manyPartitions(ground) })
}

function manyPartitions({ many }: Ground) {
  return many.ids.map((topicId) => {
    const partitions = Array.from({ length: many.partitionsEach }, (_, partition) => {
      return { partition, fetchOffset: 0, partitionMaxBytes: 1 }
    })
    return { topicId, partitions }
  })
}

/** All topics with all partitions: the largest answer to the shortest question. */
export function askForAllTopics(): Buffer {
  return Buffer.concat(encodeRequest(metadata, { version: 12, ...header }, { topics: null }))
}

/** A request of which only the beginning is sent: it announces `announced` bytes, and `sent` of them are here. */
export function beginningOf(announced: number, sent: number): Buffer {
  const bytes = Buffer.alloc(4 + sent)
  bytes.writeInt32BE(announced)
  return bytes
}

function fetchFrame(body: object): Buffer {
  const whole = { sessionId: 0, sessionEpoch: -1, ...body }
  return Buffer.concat(encodeRequest(fetch, { version: 13, ...header }, whole as never))
}
