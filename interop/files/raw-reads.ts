import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { asBuffer } from '../../src/codec/as-buffer.ts'
import { fetch } from '../../src/kafka/schema/fetch.ts'
import { listOffsets } from '../../src/kafka/schema/list-offsets.ts'
import type { BatchHeader } from '../../src/record/batch-header.ts'
import { batchesIn } from '../../src/record/record-reader.ts'
import { NodeNetwork } from '../../src/runtime/node/node-network.ts'
import { RawConnection } from '../../src/server/broker-fixture.ts'

/** Answers by what was asked, both in words. */
export type Answers = ReadonlyMap<string, string>

const wholeBytes = 10_000_000
const readyMs = 20_000

/**
 * Reads partition 0 of a topic in every way that its files have a say in: fetches from each batch and from within it, with
 * room for all and for one batch, of all records and of committed ones, and offsets by time, around every batch's.
 */
export async function readsOf(bootstrap: string, topic: string): Promise<{ answers: Answers; records: Buffer }> {
  const [host = '', port = ''] = bootstrap.split(':')
  const connection = new RawConnection(await new NodeNetwork().connect({ host, port: Number(port) }))
  try {
    const reader = new Reader(connection, topic)
    await reader.ready()
    const { batches, records } = await reader.walk()
    const answers = new Map<string, string>([['all records', `${records.length} bytes, ${digestOf(records)}`]])
    for (const isolationLevel of [0, 1]) {
      const which = isolationLevel === 0 ? 'all' : 'committed'
      for (const from of offsetsOf(batches)) {
        answers.set(`fetch ${which} from ${from}`, await reader.fetch(from, isolationLevel, wholeBytes))
        answers.set(`fetch one ${which} from ${from}`, await reader.fetch(from, isolationLevel, 1))
      }
      for (const timestamp of timesOf(batches)) {
        answers.set(`offset ${which} at ${timestamp}`, await reader.offset(timestamp, isolationLevel))
      }
    }
    return { answers, records }
  } finally {
    connection.close()
  }
}

/**
 * Null, or the first question that was answered in another way. In a compacted log Kafka looks for a time no further than the first
 * segment that was late enough, though compaction may have taken those records, and then says that there is none.
 */
export function differingAnswer(due: Answers, seen: Answers, of: { readonly isCompacted: boolean }): string | null {
  const isNone = (answer: string | undefined): boolean => answer?.includes('"offset":-1,') ?? false
  for (const [question, answer] of due) {
    if (of.isCompacted && question.startsWith('offset ') && (isNone(answer) || isNone(seen.get(question)))) continue
    if (seen.get(question) !== answer) return `${question}: ${answer} is due, and ${seen.get(question)} came`
  }
  return null
}

function offsetsOf(batches: readonly BatchHeader[]): number[] {
  return [...new Set(batches.flatMap(({ baseOffset, lastOffset }) => [baseOffset, lastOffset]))]
}

/** -1 latest, -2 earliest, -3 the largest timestamp. */
function timesOf(batches: readonly BatchHeader[]): number[] {
  const around = batches.flatMap(({ baseTimestamp, maxTimestamp }) => [baseTimestamp, maxTimestamp, maxTimestamp + 1])
  return [...new Set([-1, -2, -3, 0, ...around])]
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16)

class Reader {
  readonly #connection: RawConnection
  readonly #topic: string

  constructor(connection: RawConnection, topic: string) {
    this.#connection = connection
    this.#topic = topic
  }

  /** A broker that has just started may not lead the partition yet. */
  async ready(): Promise<void> {
    const end = performance.now() + readyMs
    for (;;) {
      const { errorCode } = JSON.parse(await this.offset(-2, 0)) as { errorCode: number }
      if (errorCode === 0) return
      if (performance.now() > end) throw new Error(`${this.#topic} cannot be read: error ${errorCode}`)
      await sleep(100)
    }
  }

  /** Everything, in small portions. */
  async walk(): Promise<{ batches: BatchHeader[]; records: Buffer }> {
    const batches: BatchHeader[] = []
    const parts: Buffer[] = []
    for (let from = Number(JSON.parse(await this.offset(-2, 0)).offset); ; ) {
      const records = asBuffer((await this.#fetch(from, 0, 3000)).records ?? Buffer.alloc(0))
      const whole = [...batchesIn(records)]
      const last = whole.at(-1)
      if (last === undefined) return { batches, records: Buffer.concat(parts) }
      batches.push(...whole)
      parts.push(records.subarray(0, last.at + last.sizeBytes))
      from = last.nextOffset
    }
  }

  async fetch(from: number, isolationLevel: number, maxBytes: number): Promise<string> {
    const answer = await this.#fetch(from, isolationLevel, maxBytes)
    const { errorCode, highWatermark, lastStableOffset, logStartOffset } = answer
    const records = asBuffer(answer.records ?? Buffer.alloc(0))
    const end = [...batchesIn(records)].at(-1)?.nextOffset ?? from
    // Kafka lists those up to its next index entry as well: of records that the answer does not have.
    const aborted = answer.abortedTransactions
      ?.filter(({ firstOffset }) => firstOffset < end)
      .map(({ producerId, firstOffset }) => `${producerId}@${firstOffset}`)
      .sort()
    const bytes = `${records.length} bytes ${digestOf(records)}`
    return JSON.stringify({ errorCode, highWatermark, lastStableOffset, logStartOffset, aborted, bytes })
  }

  async offset(timestamp: number, isolationLevel: number): Promise<string> {
    const topics = [{ name: this.#topic, partitions: [{ partitionIndex: 0, timestamp }] }]
    const answer = await this.#connection.request(listOffsets, 7, { replicaId: -1, isolationLevel, topics })
    const { errorCode, offset, timestamp: found, leaderEpoch } = answer.topics[0]?.partitions[0] ?? {}
    // Of the end of the log it is the present leadership's, which is each broker's own.
    return JSON.stringify({ errorCode, offset, timestamp: found, leaderEpoch: timestamp === -1 ? 'any' : leaderEpoch })
  }

  async #fetch(fetchOffset: number, isolationLevel: number, maxBytes: number) {
    const partition = { partition: 0, currentLeaderEpoch: -1, fetchOffset, lastFetchedEpoch: -1 }
    const partitions = [{ ...partition, partitionMaxBytes: maxBytes }]
    const wish = { maxWaitMs: 0, minBytes: 0, maxBytes: wholeBytes, sessionId: 0, sessionEpoch: -1, isolationLevel }
    const answer = await this.#connection.request(fetch, 12, { ...wish, topics: [{ topic: this.#topic, partitions }] })
    const found = answer.responses[0]?.partitions[0]
    if (found === undefined) throw new Error(`no answer to a fetch of ${this.#topic}`)
    return found
  }
}
