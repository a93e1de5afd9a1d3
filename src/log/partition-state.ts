import { endTransactionOf } from '../record/control-record.ts'
import type { Offset } from '../record/offset.ts'
import type { LogState, PlacedEntry } from './log-state.ts'
import type { ProducerSnapshots } from './producer-snapshot-files.ts'
import type { CompletedTransaction, ProducerState } from './producer-state.ts'

/** What is kept beside the log of one partition: the state of its producers, saved in Kafka's snapshots. */
export class PartitionState implements LogState {
  readonly #producers: ProducerState
  readonly #snapshots: ProducerSnapshots

  constructor(producers: ProducerState, snapshots: ProducerSnapshots) {
    this.#producers = producers
    this.#snapshots = snapshots
  }

  get endOffset(): Offset {
    return this.#producers.endOffset
  }

  mayTake(): boolean {
    return true
  }

  take({ header, nowMs }: PlacedEntry): CompletedTransaction | null {
    const marker = header.isControl ? endTransactionOf(header) : null
    return this.#producers.appended(header, { baseOffset: header.baseOffset, nowMs, marker })
  }

  advanceTo(offset: Offset): void {
    this.#producers.advanceTo(offset)
  }

  async reload(to: Parameters<LogState['reload']>[0]): Promise<void> {
    await this.#snapshots.reload(this.#producers, to)
  }

  async save(): Promise<void> {
    await this.#snapshots.take(this.#producers)
  }

  async beginAnew(offset: Offset): Promise<void> {
    for (const snapshot of [...this.#snapshots.offsets]) await this.#snapshots.remove(snapshot)
    this.#producers.reset(offset)
  }

  spill(): null {
    return null
  }

  async segmentsAre(baseOffsets: readonly Offset[]): Promise<void> {
    await this.#snapshots.removeStrays(baseOffsets)
  }

  /** Producers that are only known from what is gone begin anew, as with Kafka. */
  mayBeginAt(): boolean {
    return true
  }

  async segmentRemoved(baseOffset: Offset): Promise<void> {
    await this.#snapshots.remove(baseOffset)
  }

  async beginsAt(): Promise<void> {}

  async close(): Promise<void> {}
}
