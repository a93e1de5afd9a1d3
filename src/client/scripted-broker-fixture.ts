import { type Api, decodeRequest, encodeResponse, readPreamble, type ResponseInputOf } from '../codec/api.ts'
import { apiVersions } from '../kafka/schema/api-versions.ts'
import { initProducerId } from '../kafka/schema/init-producer-id.ts'
import { metadata } from '../kafka/schema/metadata.ts'
import { produce } from '../kafka/schema/produce.ts'
import { apis } from '../kafka/schema/registry.ts'
import { BatchHeader } from '../record/batch-header.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { Connection } from '../runtime/network.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { KafkaClient } from './kafka-client.ts'

/** What happens to one Produce request instead of its being served. */
export type ProduceFault =
  | { readonly kind: 'error'; readonly code: number }
  /** The connection ends before or after the batch is stored. */
  | { readonly kind: 'drop'; readonly stored: boolean }
  /** Stored, but never answered. */
  | { readonly kind: 'silence' }

const outOfOrderSequence = 45

/**
 * A broker that does what a test says, on a simulated network: one topic `t` of one partition with Kafka's sequence
 * rules, and a list of faults for the coming Produce requests. What a real broker does stands in tests of that one.
 */
export class ScriptedBroker {
  readonly world: SimWorld
  readonly client: KafkaClient
  /** Values of the stored records, in order, by batch. */
  readonly stored: BatchHeader[] = []
  /** For the next Produce requests, in order; null: served. */
  readonly faults: (ProduceFault | null)[] = []
  /** APIs that were asked for, in order. */
  readonly asked: string[] = []
  /** Versions that it says it serves; default: all that are declared. */
  versionMax = new Map<number, number>()
  /** Timers of the client that have neither fired nor been taken back. */
  readonly pendingTimers = new Set<Timer>()
  #nextProducerId = 100
  readonly #sequences = new Map<number, { next: number; batches: { base: number; offset: number }[] }>()

  constructor(seed = 1) {
    this.world = new SimWorld(seed)
    const { runtime } = this.world.node('client')
    this.client = new KafkaClient({
      runtime: { ...runtime, clock: this.#counted(runtime.clock) },
      bootstrap: [{ host: 'broker', port: 9092 }],
      requestTimeoutMs: 1_000,
      retryTimeoutMs: 20_000,
    })
  }

  async start(): Promise<void> {
    const { network } = this.world.node('broker').runtime
    await network.listen({ host: 'broker', port: 9092 }, (connection) => this.#accept(connection))
  }

  /** The clock, with its pending timers counted. */
  #counted(clock: Clock): Clock {
    return {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      defer: (run) => clock.defer(run),
      setTimer: (delayMs, run) => {
        const over = () => void this.pendingTimers.delete(timer)
        const timer = clock.setTimer(delayMs, () => {
          over()
          run()
        })
        this.pendingTimers.add(timer)
        return {
          cancel: () => {
            over()
            timer.cancel()
          },
        }
      },
    }
  }

  /** Records of each stored batch. */
  get storedCounts(): number[] {
    return this.stored.map((batch) => batch.recordCount)
  }

  get logEndOffset(): number {
    return this.storedCounts.reduce((sum, count) => sum + count, 0)
  }

  #accept(connection: Connection): void {
    const landing = Buffer.alloc(64 * 1024)
    let bytes = Buffer.alloc(0)
    connection.start({
      allocate: () => landing,
      received: (count) => {
        bytes = Buffer.concat([bytes, landing.subarray(0, count)])
        while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
          const size = bytes.readInt32BE(0)
          const frame = Buffer.from(bytes.subarray(4, 4 + size))
          bytes = bytes.subarray(4 + size)
          this.#serve(connection, frame)
        }
      },
      closed: () => {},
    })
  }

  #serve(connection: Connection, frame: Buffer): void {
    const { apiKey, version, correlationId } = readPreamble(frame)
    const api = apis.find((known) => known.key === apiKey) as Api
    this.asked.push(api.name)
    const answer = <A extends Api>(of: A, body: ResponseInputOf<A>, as = version) =>
      connection.write(encodeResponse(of, { version: as, correlationId }, body))
    const versionMax = this.versionMax.get(apiKey) ?? api.versions[1]
    if (apiKey === apiVersions.key) {
      const table = apis.map(({ key, versions }) => ({
        apiKey: key,
        minVersion: versions[0],
        maxVersion: this.versionMax.get(key) ?? versions[1],
      }))
      const tooNew = version > versionMax
      return answer(apiVersions, { errorCode: tooNew ? 35 : 0, apiKeys: table }, tooNew ? 0 : version)
    }
    if (apiKey === metadata.key) {
      const partition = { leaderId: 1, leaderEpoch: 0, replicaNodes: [1], isrNodes: [1] }
      const topics = [{ name: 't', partitions: [{ ...partition, partitionIndex: 0 }] }]
      return answer(metadata, { brokers: [{ nodeId: 1, host: 'broker', port: 9092 }], controllerId: 1, topics })
    }
    if (apiKey === initProducerId.key) return answer(initProducerId, { producerId: this.#nextProducerId++ })
    this.#onProduce(connection, frame, (errorCode, baseOffset) => {
      const partitionResponses = [{ index: 0, errorCode, baseOffset, logAppendTimeMs: -1 }]
      answer(produce, { responses: [{ name: 't', partitionResponses }] })
    })
  }

  #onProduce(connection: Connection, frame: Buffer, answer: (code: number, offset: number) => void): void {
    const { body } = decodeRequest(produce, frame)
    const fault = this.faults.shift() ?? null
    if (fault?.kind === 'error') return answer(fault.code, -1)
    if (fault?.kind === 'drop' && !fault.stored) return connection.destroy()
    const { code, offset } = this.#append(Buffer.from(body.topicData[0]?.partitionData[0]?.records ?? []))
    if (fault?.kind === 'drop') return connection.destroy()
    if (fault?.kind !== 'silence' && body.acks !== 0) answer(code, offset)
  }

  #append(bytes: Buffer): { code: number; offset: number } {
    const offset = this.logEndOffset
    if (bytes.length === 0) return { code: 0, offset }
    const batch = new BatchHeader(bytes)
    if (batch.producerId >= 0) {
      const state = this.#sequences.get(batch.producerId) ?? { next: 0, batches: [] }
      this.#sequences.set(batch.producerId, state)
      const repeat = state.batches.find(({ base }) => base === batch.baseSequence)
      if (repeat !== undefined) return { code: 0, offset: repeat.offset }
      if (batch.baseSequence !== state.next) return { code: outOfOrderSequence, offset: -1 }
      state.next += batch.recordCount
      state.batches.push({ base: batch.baseSequence, offset })
    }
    this.stored.push(batch)
    return { code: 0, offset }
  }
}

/** Runs a test with a scripted broker, in virtual time, and checks that the closed client leaves nothing behind. */
export async function withScriptedBroker(test: (broker: ScriptedBroker) => Promise<void>, seed = 1): Promise<void> {
  const broker = new ScriptedBroker(seed)
  const run = async (): Promise<void> => {
    await broker.start()
    try {
      await test(broker)
    } finally {
      broker.client.close()
    }
  }
  await broker.world.complete(run(), 600_000)
  await broker.world.run()
  if (broker.pendingTimers.size > 0) throw new Error(`${broker.pendingTimers.size} timers were left`)
}
