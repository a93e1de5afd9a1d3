import type { CompressionType } from '../codec/compression.ts'
import { produce } from '../kafka/schema/produce.ts'
import { buildBatch, buildCompressedBatch } from '../record/batch-builder.ts'
import type { Timer } from '../runtime/clock.ts'
import type { BrokerConnection } from './broker-connection.ts'
import type { KafkaClient } from './kafka-client.ts'
import { BrokerUnreachable, Cancelled, check, KafkaError } from './kafka-error.ts'
import { newProducerIdentity, type ProducerIdentity } from './producer-identity.ts'
import { type Delivery, type QueuedBatch, type QueuedRecord, RecordBatchQueue } from './record-batch-queue.ts'
import { backoff, mayPass, sleep } from './wait.ts'

export interface SenderOptions {
  readonly acks: 0 | 1 | 'all'
  readonly idempotent: boolean
  readonly compression: CompressionType
  readonly lingerMs: number
  readonly batchBytesMax: number
  readonly deliveryTimeoutMs: number
  /** Batches of one partition that may be on their way at once. */
  readonly inFlightMax: number
}

/** A batch with its bytes, which stay the same through all repeats: by its sequence the broker knows it. */
interface SentBatch {
  readonly queued: QueuedBatch
  bytes: Buffer | null
  /** What became of the last try; null: it is not on its way. */
  outcome: Promise<Outcome> | null
  /** What its last try went over. */
  over: BrokerConnection | null
  /** Whether a try may have reached the broker unanswered. */
  doubtful: boolean
}

type Outcome = { readonly delivery: Delivery } | { readonly error: Error }

const outOfOrderSequence = 45
const duplicateSequence = 46
const unknownProducerId = 59
/** Later versions name topics by id. */
const produceVersionMax = 12
const sequenceLimit = 2 ** 31

/**
 * Sends the records of one partition in order, several batches at once when the broker can put them in order (idempotent
 * producers), else one after the other. A batch whose fate is unknown is sent again, unchanged, before anything behind it.
 */
export class PartitionSender {
  readonly #client: KafkaClient
  readonly #options: SenderOptions
  readonly #topic: string
  readonly #partition: number
  readonly #queue: RecordBatchQueue
  readonly #onBatchReady: () => void
  /** Taken from the queue and not settled yet, in order. */
  readonly #window: SentBatch[] = []
  #identity: Promise<ProducerIdentity> | null
  #nextSequence = 0
  #lingering: Timer | null = null
  #pumping = false
  #wake: () => void = () => {}
  /** Records taken and settled so far; they settle in order, so a count says which. */
  #added = 0
  #settled = 0
  #flushes: { readonly upTo: number; resolve(): void }[] = []

  constructor(parts: {
    client: KafkaClient
    options: SenderOptions
    topic: string
    partition: number
    /** Told when a batch takes no more. */
    onBatchReady: () => void
    /** Shared by all partitions until one of them needs an id of its own. */
    identity: Promise<ProducerIdentity> | null
  }) {
    this.#client = parts.client
    this.#options = parts.options
    this.#topic = parts.topic
    this.#partition = parts.partition
    this.#identity = parts.identity
    this.#onBatchReady = parts.onBatchReady
    this.#queue = new RecordBatchQueue(parts.options.batchBytesMax)
  }

  add(queued: QueuedRecord): void {
    const { clock } = this.#client.runtime
    const { lingerMs, deliveryTimeoutMs } = this.#options
    this.#added++
    const { began, filled } = this.#queue.add(queued, clock.monotonicMs() + deliveryTimeoutMs)
    if (filled) this.#onBatchReady()
    if (filled || began) this.#lingering?.cancel()
    if (began) this.#lingering = clock.setTimer(lingerMs, () => this.#close())
    if (filled) this.#start()
  }

  /** Sends the batch that is being filled if so many bytes more would not fit. */
  makeRoomFor(bytes: number): void {
    if (!this.#queue.fits(bytes)) this.#close()
  }

  /** Sends what waits, and resolves when all that was added so far is settled. */
  flush(): Promise<void> {
    this.#close()
    if (this.#settled === this.#added) return Promise.resolve()
    return new Promise((resolve) => this.#flushes.push({ upTo: this.#added, resolve }))
  }

  #close(): void {
    this.#lingering?.cancel()
    this.#lingering = null
    if (!this.#queue.close()) return
    this.#onBatchReady()
    this.#start()
  }

  #start(): void {
    this.#wake()
    if (this.#pumping || !this.#queue.hasReady) return
    this.#pumping = true
    void this.#pump()
  }

  async #pump(): Promise<void> {
    for (let tries = 0; ; ) {
      const isHeld = await this.#fill()
      const head = this.#window[0]
      if (head === undefined) {
        // A batch may have become ready while the queue was being looked at.
        if (this.#queue.hasReady) continue
        break
      }
      const outcome = isHeld ? await head.outcome : await this.#settledOrWoken(head)
      if (outcome === null) continue
      if ('delivery' in outcome) {
        this.#window.shift()
        this.#resolve(head, outcome.delivery)
        tries = 0
        continue
      }
      const pauseMs = await this.#onError(head, outcome.error, tries)
      tries++
      // Cancelled with the client: the next round finds every try failing with that, and ends.
      if (pauseMs > 0) await sleep(this.#client.runtime.clock, pauseMs, this.#client.ended).catch(() => {})
    }
    this.#pumping = false
  }

  /** Puts on their way, in order, what is taken and what may be taken. True: the rest waits for what becomes of the first. */
  async #fill(): Promise<boolean> {
    const { inFlightMax } = this.#options
    for (let index = 0; index < inFlightMax; index++) {
      let batch = this.#window[index]
      if (batch === undefined) {
        const queued = this.#queue.take()
        if (queued === undefined) return false
        batch = { queued, bytes: null, outcome: null, over: null, doubtful: false }
        this.#window.push(batch)
      }
      if (batch.outcome === null && !(await this.#begin(batch, this.#window[index - 1]))) return true
    }
    return false
  }

  /**
   * Writes the request. Awaited, so that requests leave in the order of their batches; the answer comes as `outcome`. False when
   * none may follow it: it could not be sent, or waits for the one before, which went over a connection that may be lost. A broker
   * that knows nothing of the producer would take the later one for its first.
   */
  async #begin(batch: SentBatch, before: SentBatch | undefined): Promise<boolean> {
    try {
      batch.bytes ??= await this.#build(batch)
      const { leader } = await this.#client.leaderOf(this.#topic, this.#partition)
      const connection = await this.#client.connection(leader, 'main', this.#client.ended)
      if (before !== undefined && before.over !== connection) return false
      batch.over = connection
      const { acks } = this.#options
      const body = {
        transactionalId: null,
        acks: acks === 'all' ? -1 : acks,
        timeoutMs: this.#client.requestTimeoutMs,
        topicData: [{ name: this.#topic, partitionData: [{ index: this.#partition, records: batch.bytes }] }],
      }
      if (acks === 0) {
        connection.tell(produce, body, produceVersionMax)
        batch.outcome = Promise.resolve({ delivery: this.#delivery(-1, -1) })
        return true
      }
      batch.doubtful = true
      // The broker may wait for replicas as long as it was told; its answer to that comes after.
      const call = { timeoutMs: this.#client.requestTimeoutMs * 2, versionMax: produceVersionMax }
      batch.outcome = connection.call(produce, body, call).then(
        (answer): Outcome => this.#outcomeOf(batch, answer.responses[0]?.partitionResponses[0]),
        (error: unknown): Outcome => ({ error: asError(error) }),
      )
      return true
    } catch (error) {
      batch.outcome = Promise.resolve({ error: asError(error) })
      return false
    }
  }

  #outcomeOf(
    batch: SentBatch,
    answer: { errorCode: number; errorMessage: string | null; baseOffset: number; logAppendTimeMs: number } | undefined,
  ): Outcome {
    batch.doubtful = false
    const code = answer?.errorCode ?? -1
    if (code === duplicateSequence) return { delivery: this.#delivery(-1, -1) }
    try {
      check(code, `producing to ${this.#topic}-${this.#partition}`, answer?.errorMessage)
    } catch (error) {
      // The batch may be in the log: the answer says only that not all replicas have it in time.
      batch.doubtful = code === 7 || code === 20
      return { error: asError(error) }
    }
    return { delivery: this.#delivery(answer?.baseOffset ?? -1, answer?.logAppendTimeMs ?? -1) }
  }

  async #build(batch: SentBatch): Promise<Buffer> {
    const records = batch.queued.records.map(({ record }) => record)
    const identity = this.#options.idempotent ? await this.#ownIdentity() : null
    const producer = identity === null ? {} : { producer: { ...identity, baseSequence: this.#nextSequence } }
    if (identity !== null) this.#nextSequence = (this.#nextSequence + records.length) % sequenceLimit
    const { compression } = this.#options
    return compression === 'none' ? buildBatch(records, producer) : buildCompressedBatch(records, compression, producer)
  }

  #ownIdentity(): Promise<ProducerIdentity> {
    this.#identity ??= newProducerIdentity(this.#client)
    const mine = this.#identity
    // A failure is not kept: the next try asks again.
    mine.catch(() => {
      if (this.#identity === mine) this.#identity = null
    })
    return mine
  }

  async #settledOrWoken(head: SentBatch): Promise<Outcome | null> {
    const outcome = head.outcome as Promise<Outcome>
    if (this.#window.length >= this.#options.inFlightMax) return outcome
    const woken = new Promise<null>((resolve) => {
      this.#wake = () => resolve(null)
    })
    if (this.#queue.hasReady) return null
    const first = await Promise.race([outcome, woken])
    this.#wake = () => {}
    return first
  }

  /** Decides on the first batch of the window after a failed try. Gives how long to wait before the next. */
  async #onError(head: SentBatch, error: Error, tries: number): Promise<number> {
    const { clock, random } = this.#client.runtime
    // Nothing may be on its way while the order is made anew.
    await this.#settleWindow()
    const code = error instanceof KafkaError ? error.code : 0
    const pauseMs = backoff(random, tries)
    const inTime = clock.monotonicMs() + pauseMs < head.queued.deadlineMs
    if (code === unknownProducerId && inTime) {
      // Nothing of the batch was stored: the broker has forgotten the producer.
      head.outcome = null
      this.#renew()
      return pauseMs
    }
    if (mayPass(error) && inTime && !this.#client.ended.aborted) {
      if (error instanceof BrokerUnreachable || (error instanceof KafkaError && error.cure === 'refresh')) {
        this.#client.forget()
      }
      head.outcome = null
      return pauseMs
    }
    this.#window.shift()
    this.#reject(head, error)
    const doubtful = head.doubtful || error instanceof Cancelled
    // What followed a batch of unknown fate may be stored too, so none of it can be sent under another id.
    if (doubtful || code === outOfOrderSequence) {
      for (const batch of this.#window.splice(0)) await this.#settleAfter(batch, error)
    }
    this.#renew()
    return 0
  }

  /** Waits for every try, and marks the failed ones to be made again. Successes stay as they are. */
  async #settleWindow(): Promise<void> {
    for (const batch of this.#window.slice(1)) {
      if (batch.outcome === null) continue
      if ('error' in (await batch.outcome)) batch.outcome = null
    }
  }

  async #settleAfter(batch: SentBatch, error: Error): Promise<void> {
    const outcome = batch.outcome === null ? null : await batch.outcome
    if (outcome !== null && 'delivery' in outcome) this.#resolve(batch, outcome.delivery)
    else this.#reject(batch, error)
  }

  /** Another producer id, with sequences from 0: what was not sent under the old one is built anew. */
  #renew(): void {
    if (!this.#options.idempotent) return
    this.#identity = null
    this.#nextSequence = 0
    for (const batch of this.#window) {
      if (batch.outcome !== null) continue
      batch.bytes = null
      batch.doubtful = false
    }
  }

  #resolve(batch: SentBatch, first: Delivery): void {
    batch.queued.records.forEach(({ record, resolve }, index) => {
      const offset = first.offset < 0 ? -1 : first.offset + index
      resolve({ ...first, offset, timestamp: first.timestamp < 0 ? record.timestamp : first.timestamp })
    })
    this.#onSettled(batch)
  }

  #reject(batch: SentBatch, error: Error): void {
    for (const { reject } of batch.queued.records) reject(error)
    this.#onSettled(batch)
  }

  #onSettled(batch: SentBatch): void {
    this.#settled += batch.queued.records.length
    while (this.#flushes[0] !== undefined && this.#flushes[0].upTo <= this.#settled) this.#flushes.shift()?.resolve()
  }

  #delivery(offset: number, timestamp: number): Delivery {
    return { topic: this.#topic, partition: this.#partition, offset, timestamp }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
