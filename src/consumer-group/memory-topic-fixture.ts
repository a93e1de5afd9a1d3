import type { SimWorld } from '../runtime/sim/sim-world.ts'
import {
  AppendRefused,
  type AppendRefusalCode,
  type OffsetsPartition,
  type OffsetsRecord,
  type OffsetsTopic,
} from './offsets-topic.ts'

const appendMs = 2

/** `__consumer_offsets` in memory; appends take a while, or are refused, or never end. */
export class MemoryTopic implements OffsetsTopic {
  readonly partitions = 50
  isStillLed = true
  refuses: AppendRefusalCode | null = null
  stalls = false
  opening: Promise<void> = Promise.resolve()
  readonly #records = new Map<number, OffsetsRecord[]>()
  readonly #world: SimWorld

  constructor(world: SimWorld) {
    this.#world = world
  }

  async stillLed(): Promise<boolean> {
    return this.isStillLed
  }

  /** Adds to the partition what no coordinator has appended. Returns the offset of the last record. */
  put(partition: number, added: readonly OffsetsRecord[]): number {
    const records = this.#of(partition)
    records.push(...added)
    return records.length - 1
  }

  async open(partition: number): Promise<OffsetsPartition> {
    await this.opening
    return {
      partition,
      append: (records) =>
        new Promise((resolve, reject) => {
          const { refuses } = this
          if (this.stalls) return
          this.#world.schedule(appendMs, () => {
            if (refuses !== null) return reject(new AppendRefused(refuses))
            resolve(this.put(partition, records))
          })
        }),
      load: async (visit) => {
        for (const [offset, record] of this.#of(partition).entries()) visit({ ...record, offset, timestamp: 0 })
      },
    }
  }

  #of(partition: number): OffsetsRecord[] {
    const known = this.#records.get(partition) ?? []
    this.#records.set(partition, known)
    return known
  }
}
