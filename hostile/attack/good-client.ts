import { setTimeout as elapsed } from 'node:timers/promises'
import { type BrokerAddress, BrokerConnection } from '../../src/client/broker-connection.ts'
import { check } from '../../src/client/kafka-error.ts'
import { fetch } from '../../src/kafka/schema/fetch.ts'
import { nodeClock } from '../../src/runtime/node/node-clock.ts'
import { NodeNetwork } from '../../src/runtime/node/node-network.ts'
import { nodeRandom } from '../../src/runtime/node/node-random.ts'
import { write } from './ground.ts'

const runtime = { clock: nodeClock, network: new NodeNetwork(), random: nodeRandom }
const requestMs = 20_000
const pauseMs = 25
const recordBytes = 1_000
/** Beyond what a connection may always hold: for these it needs of what is shared. */
const largeRecordBytes = 200_000
const largeEvery = 5
const newConnectionEvery = 10

export interface RoundTrips {
  count: number
  longestMs: number
  /** The first thing that went wrong. */
  failure: string | null
}

export function openConnection(address: BrokerAddress): Promise<BrokerConnection> {
  return BrokerConnection.open(runtime, address, { clientId: 'good', timeoutMs: requestMs })
}

/**
 * A client as it should be: writes a record, reads it back, and does so again. Every round trip also reads an old record,
 * which the broker has to fetch from disk. Every fifth record is a large one, every tenth comes by a new connection.
 */
export class GoodClient {
  readonly #topicId: string
  readonly #oldTopicId: string
  #connection: BrokerConnection
  #seen: RoundTrips = { count: 0, longestMs: 0, failure: null }
  #beganMs: number | null = null
  #over = false
  #made = 0
  readonly #running: Promise<void>

  constructor(connection: BrokerConnection, topics: { own: string; old: string }) {
    this.#connection = connection
    this.#topicId = topics.own
    this.#oldTopicId = topics.old
    this.#running = this.#run()
  }

  /** Round trips since `take` was last called. */
  get made(): number {
    return this.#seen.count
  }

  /** What was seen since this was last asked. A round trip that is still under way counts with the time it has taken. */
  take(): RoundTrips {
    const seen = this.#seen
    this.#seen = { count: 0, longestMs: 0, failure: null }
    if (this.#beganMs !== null) seen.longestMs = Math.max(seen.longestMs, performance.now() - this.#beganMs)
    return seen
  }

  async end(): Promise<void> {
    this.#over = true
    await this.#running
    this.#connection.close()
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      this.#beganMs = performance.now()
      try {
        await this.#roundTrip()
        this.#seen.count++
        this.#seen.longestMs = Math.max(this.#seen.longestMs, performance.now() - this.#beganMs)
      } catch (error) {
        this.#seen.failure ??= error instanceof Error ? error.message : String(error)
      }
      this.#beganMs = null
      await elapsed(pauseMs)
    }
  }

  async #roundTrip(): Promise<void> {
    this.#made++
    if (this.#made % newConnectionEvery === 0 || this.#connection.closed) {
      this.#connection.close()
      this.#connection = await openConnection(this.#connection.address)
    }
    const value = Buffer.alloc(this.#made % largeEvery === 0 ? largeRecordBytes : recordBytes, 'g')
    const offset = await write(this.#connection, { topicId: this.#topicId, index: 0 }, value)
    await this.#read(this.#topicId, offset)
    await this.#read(this.#oldTopicId, 0)
  }

  async #read(topicId: string, fetchOffset: number): Promise<void> {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 4096 }]
    const limits = { maxWaitMs: 1000, minBytes: 1, maxBytes: 4096, sessionId: 0, sessionEpoch: -1 }
    const body = { ...limits, topics: [{ topicId, partitions }] }
    const answer = await this.#connection.call(fetch, body, { timeoutMs: requestMs })
    const [partition] = answer.responses[0]?.partitions ?? []
    check(partition?.errorCode ?? -1, 'reading')
    if ((partition?.records?.length ?? 0) === 0) throw new Error(`nothing came from offset ${fetchOffset}`)
  }
}
