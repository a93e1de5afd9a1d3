import type { Clock } from '../src/runtime/clock.ts'
import type { WorkloadProducer } from './tested-broker.ts'
import type { HistoryEvent } from './history.ts'
import { tombstoneOf } from './tombstones.ts'
import type { PlannedProducer } from './workload.ts'

interface Batch {
  readonly topic: string
  readonly partition: number
  readonly records: number
  readonly valueBytes: number
  /** Some of its records are tombstones: the topic is compacted. */
  readonly hasTombstones: boolean
}

/** What a loop needs of the run that it is in. */
export interface ProducerSurroundings {
  readonly producer: WorkloadProducer
  readonly clock: Clock
  note(event: HistoryEvent): void
  /** Power cuts so far. */
  era(): number
  /** Told what a request was answered with instead. */
  refused(error: unknown): void
}

/** How often a plain producer sends a batch that nobody answers; an idempotent one goes on until it is answered. */
const plainAttempts = 2
const retryAfterMs = 50
/** Few, so that records soon have newer ones of their key. */
const keyCount = 6
/** Of so many records one is a tombstone: no divisor of the keys, so that each has its turn. */
const deletesEach = 5

/** One producer at work: its batches one after the other, each until it is answered or given up. */
export class ProducerLoop {
  readonly #plan: PlannedProducer
  readonly #in: ProducerSurroundings
  readonly #queue: Batch[] = []
  #sent = 0
  #busy = false

  constructor(plan: PlannedProducer, surroundings: ProducerSurroundings) {
    this.#plan = plan
    this.#in = surroundings
  }

  /** True when every batch has been answered or given up. */
  get idle(): boolean {
    return !this.#busy && this.#queue.length === 0
  }

  add(batch: Batch): void {
    this.#queue.push(batch)
    if (!this.#busy) void this.#work()
  }

  async #work(): Promise<void> {
    this.#busy = true
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) await this.#send(batch)
    this.#busy = false
  }

  async #send(batch: Batch): Promise<void> {
    const { name, acks, idempotent } = this.#plan
    const { topic, partition } = batch
    const send = numberOf(name, ++this.#sent)
    const values = Array.from({ length: batch.records }, (_, index) => {
      const value = `${name}-${this.#sent}.${index}`
      const isDeletion = batch.hasTombstones && (this.#sent + index) % deletesEach === 0
      return isDeletion ? tombstoneOf(value) : value.padEnd(batch.valueBytes, '.')
    })
    const keys = values.map((_, index) => `key ${(this.#sent + index) % keyCount}`)
    this.#in.note({ type: 'sent', send, producer: name, partition: `${topic}/${partition}`, values, keys, acks })
    for (let attempt = 1; ; attempt++) {
      const era = this.#in.era()
      try {
        const baseOffset = await this.#in.producer.send({ topic, partition, values, keys, again: attempt > 1 })
        if (baseOffset !== null)
          this.#in.note({ type: 'acknowledged', send, baseOffset, era, eraThrough: this.#in.era() })
        return
      } catch (error) {
        this.#in.refused(error)
        this.#in.note({ type: 'unknown', send })
      }
      if (!idempotent && attempt === plainAttempts) return
      await new Promise<void>((resolve) => void this.#in.clock.setTimer(retryAfterMs, resolve))
      this.#in.note({ type: 'sent-again', send })
    }
  }
}

/** A number for each batch of a run: producers have their own ranges, told apart by a small hash of their names. */
function numberOf(producer: string, sent: number): number {
  let hash = 0
  for (let index = 0; index < producer.length; index++) hash = (hash * 31 + producer.charCodeAt(index)) % 100_003
  return hash * 1_000_000 + sent
}
