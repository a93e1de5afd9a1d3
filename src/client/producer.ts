import type { CompressionType } from '../codec/compression.ts'
import type { RecordInput } from '../record/batch-builder.ts'
import type { TopicView } from './cluster-view.ts'
import type { KafkaClient } from './kafka-client.ts'
import { Cancelled, KafkaError } from './kafka-error.ts'
import { PartitionSender, type SenderOptions } from './partition-sender.ts'
import { partitionOfKey, StickyPartition } from './partitioner.ts'
import { newProducerIdentity, type ProducerIdentity } from './producer-identity.ts'
import { type Delivery, sizeOf } from './record-batch-queue.ts'

export interface ProducerOptions {
  /** When a record counts as sent: stored by all in-sync replicas (default), by the leader, or handed to the system. */
  readonly acks?: 0 | 1 | 'all'
  /** No duplicates through repeats, and order kept with several batches on their way. Default: with acks=all. */
  readonly idempotent?: boolean
  readonly compression?: CompressionType
  /** How long a record waits for others to share its batch. Default 5. */
  readonly lingerMs?: number
  /** Default 128 KiB. A batch must stay below the topic's max.message.bytes. */
  readonly batchBytesMax?: number
  /** Bytes of records that are not settled; beyond it `send` waits. Default 32 MiB. */
  readonly bufferBytesMax?: number
  /** How long a record is tried to be delivered. Default 120 s. */
  readonly deliveryTimeoutMs?: number
  /** Makes a missing topic, if the broker does that. Default true. */
  readonly createTopics?: boolean
}

export interface ProducerRecord {
  readonly topic: string
  /** Default: by the key's hash, as Java's client; without a key one partition after the other. */
  readonly partition?: number
  readonly key?: Uint8Array | null
  readonly value?: Uint8Array | null
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[]
  /** Default: now. */
  readonly timestamp?: number
}

interface WaitingSend {
  readonly record: ProducerRecord
  resolve(delivery: Delivery): void
  reject(error: Error): void
}

/** Writes records. Those of one partition keep the order of the calls of `send`. */
export class Producer {
  readonly #client: KafkaClient
  readonly #options: SenderOptions
  readonly #bufferBytesMax: number
  readonly #createTopics: boolean
  readonly #senders = new Map<string, PartitionSender>()
  readonly #sticky = new Map<string, StickyPartition>()
  /** Sends whose topic is not known yet, or for which there is no room, in order. */
  readonly #waiting: WaitingSend[] = []
  #identity: Promise<ProducerIdentity> | null = null
  #bufferedBytes = 0
  #roomWanted: (() => void) | null = null
  #admitting: Promise<void> | null = null
  #closed = false

  constructor(client: KafkaClient, options: ProducerOptions = {}) {
    const acks = options.acks ?? 'all'
    const idempotent = options.idempotent ?? acks === 'all'
    if (idempotent && acks !== 'all') throw new RangeError('an idempotent producer needs acks=all')
    this.#client = client
    this.#bufferBytesMax = options.bufferBytesMax ?? 32 * 1024 * 1024
    this.#createTopics = options.createTopics ?? true
    this.#options = {
      acks,
      idempotent,
      compression: options.compression ?? 'none',
      lingerMs: options.lingerMs ?? 5,
      batchBytesMax: options.batchBytesMax ?? 128 * 1024,
      deliveryTimeoutMs: options.deliveryTimeoutMs ?? 120_000,
      // Without sequences a repeat could overtake what follows it.
      inFlightMax: idempotent ? 5 : 1,
    }
  }

  /** Resolves when the record is stored as `acks` wants it. Key and value must not change until then. */
  send(record: ProducerRecord): Promise<Delivery> {
    if (this.#closed) return Promise.reject(new Cancelled('sending with a closed producer'))
    return new Promise((resolve, reject) => {
      const waiting = { record, resolve, reject }
      if (this.#waiting.length === 0) {
        const topic = this.#client.knownTopic(record.topic)
        if (topic !== undefined && this.#hasRoom()) return this.#enqueue(waiting, topic)
      }
      this.#waiting.push(waiting)
      this.#admitting ??= this.#admit()
    })
  }

  /** Null when a `send` is taken at once; else what resolves when one would be. */
  ready(): Promise<void> | null {
    return this.#admitting === null && this.#hasRoom() ? null : this.#becomeReady()
  }

  async #becomeReady(): Promise<void> {
    while (this.#admitting !== null) await this.#admitting
    if (!this.#hasRoom()) await this.#room()
  }

  /** Sends what waits, and resolves when everything sent so far is settled. */
  async flush(): Promise<void> {
    while (this.#admitting !== null) await this.#admitting
    await Promise.all([...this.#senders.values()].map((sender) => sender.flush()))
  }

  /** Flushes; takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true
    await this.flush()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #admit(): Promise<void> {
    for (;;) {
      const first = this.#waiting[0]
      if (first === undefined) break
      try {
        const topic = await this.#topicOf(first.record.topic)
        if (!this.#hasRoom()) await this.#room()
        this.#waiting.shift()
        this.#enqueue(first, topic)
      } catch (error) {
        this.#waiting.shift()
        first.reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
    this.#admitting = null
  }

  #topicOf(name: string): Promise<TopicView> {
    return this.#client.retry(() => this.#client.topic(name, { create: this.#createTopics }), {
      timeoutMs: Math.min(this.#options.deliveryTimeoutMs, this.#client.retryTimeoutMs),
    })
  }

  #enqueue(waiting: WaitingSend, topic: TopicView): void {
    const { record } = waiting
    const count = topic.partitions.length
    const input: RecordInput = {
      timestamp: record.timestamp ?? this.#client.runtime.clock.nowMs(),
      key: record.key ?? null,
      value: record.value ?? null,
      headers: record.headers ?? [],
    }
    const bytes = sizeOf(input)
    const partition = record.partition ?? this.#partitionFor(record, count, bytes)
    if (partition >= count || partition < 0) {
      const what = `topic ${record.topic} has ${count} partitions: there is no partition ${partition}`
      return waiting.reject(new KafkaError(3, 'producing', what))
    }
    this.#bufferedBytes += bytes
    this.#sender(record.topic, partition).add({
      record: input,
      bytes,
      resolve: (delivery) => {
        this.#settled(bytes)
        waiting.resolve(delivery)
      },
      reject: (error) => {
        this.#settled(bytes)
        waiting.reject(error)
      },
    })
  }

  #partitionFor(record: ProducerRecord, count: number, bytes: number): number {
    if (record.key !== undefined && record.key !== null) return partitionOfKey(record.key, count)
    let sticky = this.#sticky.get(record.topic)
    if (sticky === undefined) {
      sticky = new StickyPartition(this.#client.runtime.random)
      this.#sticky.set(record.topic, sticky)
    }
    // A record that does not fit begins its batch elsewhere; closing the full one moves the choice on.
    this.#sender(record.topic, sticky.current(count)).makeRoomFor(bytes)
    return sticky.current(count)
  }

  #sender(topic: string, partition: number): PartitionSender {
    const key = `${topic}-${partition}`
    let sender = this.#senders.get(key)
    if (sender === undefined) {
      sender = new PartitionSender({
        client: this.#client,
        options: this.#options,
        topic,
        partition,
        identity: this.#firstIdentity(),
        onBatchReady: () => {
          const count = this.#client.knownTopic(topic)?.partitions.length ?? 1
          this.#sticky.get(topic)?.next(partition, count)
        },
      })
      this.#senders.set(key, sender)
    }
    return sender
  }

  #firstIdentity(): Promise<ProducerIdentity> | null {
    if (!this.#options.idempotent || this.#identity !== null) return this.#identity
    this.#identity = newProducerIdentity(this.#client)
    // Whoever sends first hears of a failure.
    this.#identity.catch(() => {})
    return this.#identity
  }

  #hasRoom(): boolean {
    return this.#bufferedBytes < this.#bufferBytesMax
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#roomWanted
      this.#roomWanted = () => {
        before?.()
        resolve()
      }
    })
  }

  #settled(bytes: number): void {
    this.#bufferedBytes -= bytes
    if (this.#roomWanted === null || !this.#hasRoom()) return
    const wanted = this.#roomWanted
    this.#roomWanted = null
    wanted()
  }
}
