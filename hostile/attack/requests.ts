import { encodeRequest } from '../../src/codec/api.ts'
import { fetch } from '../../src/kafka/schema/fetch.ts'
import type { Ground } from './attack.ts'

/** As much as a client may ask for at once, from the first offset of every partition of the big topic. */
export function fetchEverything({ big }: Ground, bytes: { all: number; partition: number }): Buffer {
  const partitions = Array.from({ length: big.partitions }, (_, partition) => {
    return { partition, fetchOffset: 0, partitionMaxBytes: bytes.partition }
  })
  const topics = [{ topicId: big.id, partitions }]
  const body = { maxWaitMs: 500, minBytes: 1, maxBytes: bytes.all, sessionId: 0, sessionEpoch: -1, topics }
  return Buffer.concat(encodeRequest(fetch, { version: 13, correlationId: 1, clientId: 'attack' }, body))
}
