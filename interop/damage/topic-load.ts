import { setTimeout as sleep } from 'node:timers/promises'
import { MalformedInput } from '../../src/codec/malformed-input.ts'
import { Consumer } from '../../src/client/consumer.ts'
import type { KafkaClient } from '../../src/client/kafka-client.ts'
import { findOffsets } from '../../src/client/offsets.ts'
import { Producer } from '../../src/client/producer.ts'

/** Batches of this many records, one every so many ms. */
const batchRecords = 10
const everyMs = 20
const padding = 'x'.repeat(400)

const valueOf = (topic: string, nth: number): string => `${topic} ${nth} ${padding}`

/** What came out in the end. */
export interface Verdict {
  readonly acknowledged: number
  readonly lost: number
  /** Records at an offset that another one was acknowledged with, or that nobody has sent. */
  readonly wrong: number
}

/** A steady load on partition 0 of a topic, a reader beside it that reads everything again and again, and what both know. */
export class TopicLoad {
  readonly topic: string
  readonly #client: KafkaClient
  readonly #acknowledged = new Map<number, number>()
  readonly #wrong: string[] = []
  readonly #isOver = new AbortController()
  #isPaused = false
  #sent = 0
  #waiting = 0
  #error = ''

  constructor(client: KafkaClient, topic: string) {
    this.#client = client
    this.topic = topic
  }

  start(): void {
    void this.#produce()
    void this.#readAgainAndAgain()
  }

  get acknowledged(): number {
    return this.#acknowledged.size
  }

  /** What is wrong so far, in words. */
  get wrong(): readonly string[] {
    return this.#wrong
  }

  /** Resolves once everything sent is acknowledged; nothing more is sent until `goOn`. */
  async pause(withinMs: number): Promise<void> {
    this.#isPaused = true
    const endMs = performance.now() + withinMs
    while (this.#waiting > 0) {
      if (performance.now() > endMs)
        throw new Error(`${this.topic}: ${this.#waiting} records stay unanswered: ${this.#error}`)
      await sleep(50)
    }
  }

  goOn(): void {
    this.#isPaused = false
  }

  stop(): void {
    this.#isOver.abort()
  }

  /** Reads everything back. */
  async verify(): Promise<Verdict> {
    const read = (await this.#readAll().catch((error: Error) => this.#refused(error))) ?? new Set()
    const lost = [...this.#acknowledged.keys()].filter((offset) => !read.has(offset)).length
    return { acknowledged: this.#acknowledged.size, lost, wrong: this.#wrong.length }
  }

  async #produce(): Promise<void> {
    const producer = new Producer(this.#client, { deliveryTimeoutMs: 110_000 })
    while (!this.#isOver.signal.aborted) {
      for (let i = 0; i < batchRecords && !this.#isPaused; i++) this.#send(producer, this.#sent++)
      await sleep(everyMs)
    }
  }

  #send(producer: Producer, nth: number): void {
    this.#waiting++
    const value = Buffer.from(valueOf(this.topic, nth))
    producer.send({ topic: this.topic, partition: 0, value }).then(
      ({ offset }) => {
        this.#waiting--
        if (offset >= 0) this.#acknowledged.set(offset, nth)
      },
      (error: Error) => {
        this.#waiting--
        this.#error = error.message
      },
    )
  }

  async #readAgainAndAgain(): Promise<void> {
    while (!this.#isOver.signal.aborted) {
      await this.#readAll().catch((error: Error) => this.#refused(error))
      await sleep(200)
    }
  }

  /** Offsets of all records; null: it was refused on the way. What is read is held against what was acknowledged. */
  async #readAll(): Promise<Set<number> | null> {
    const at = { topic: this.topic, partition: 0 }
    const consumer = new Consumer(this.#client, { startAt: 'earliest' })
    try {
      const [latest] = await findOffsets(this.#client, [{ ...at, at: 'latest' }])
      const end = latest?.offset ?? 0
      await consumer.assign([{ ...at, from: 0 }])
      const read = new Set<number>()
      for (const endMs = performance.now() + 20_000; !consumer.hasFetched(at, end); ) {
        if (performance.now() > endMs) return null
        for (const { offset, value } of await consumer.poll({ timeoutMs: 500 })) {
          this.#check(offset, Buffer.from(value ?? []).toString())
          read.add(offset)
        }
      }
      return read
    } finally {
      await consumer.close()
    }
  }

  #check(offset: number, value: string): void {
    const known = this.#acknowledged.get(offset)
    const nth = Number(value.split(' ')[1])
    const isSent = value === valueOf(this.topic, nth) && nth < this.#sent
    if (!isSent || (known !== undefined && known !== nth)) this.#wrong.push(`offset ${offset}: ${value.slice(0, 40)}`)
  }

  /** A refusal is right where bytes are damaged; bytes that do not hold are not. */
  #refused(error: Error): null {
    if (error instanceof MalformedInput) this.#wrong.push(error.message)
    return null
  }
}
