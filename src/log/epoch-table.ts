import type { LeaderEpoch, Offset } from '../record/offset.ts'
import { type Disk, DiskFault } from '../runtime/disk.ts'
import { invariant } from '../runtime/invariant.ts'
import { SerialQueue } from './serial-queue.ts'

export interface EpochStart {
  readonly epoch: LeaderEpoch
  readonly startOffset: Offset
}

export const epochsFileName = 'leader-epoch-checkpoint'
const none: readonly EpochStart[] = []

/**
 * Where each leader epoch begins in one log (KIP-101), kept in Kafka's `leader-epoch-checkpoint`. Epochs and start
 * offsets both rise. The file is durable before the first batch of an epoch is written, so that after a crash the
 * epoch of every batch can be held against it.
 */
export class EpochTable {
  readonly #directory: string
  readonly #disk: Disk
  #writes: SerialQueue | null = null
  #starts: readonly EpochStart[] = none
  #below: LeaderEpoch = -1
  /** Counts changes of the table; `#durable` is the one that the file holds. */
  #version = 0
  #durable = 0

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#directory = directory
  }

  get #path(): string {
    return `${this.#directory}/${epochsFileName}`
  }

  get entries(): readonly EpochStart[] {
    return this.#starts
  }

  /** Epoch of the newest batch, in the log or just below its start; -1: none that is known of. */
  get lastEpoch(): LeaderEpoch {
    return this.#starts[this.#starts.length - 1]?.epoch ?? this.#below
  }

  /** Epoch of the batch just below the log start, where something tells of it, as a snapshot does; -1: nothing does. Not in the file. */
  get below(): LeaderEpoch {
    return this.#below
  }

  set below(epoch: LeaderEpoch) {
    this.#below = epoch
  }

  /** Whether the file lags behind the table, also while it is being written. */
  get isDirty(): boolean {
    return this.#durable < this.#version
  }

  /** Takes up what the file holds, from elsewhere. */
  restore(entries: readonly EpochStart[]): void {
    this.#starts = entries
  }

  /** Takes up the file. The table is empty when it is missing, or is no such file (`damaged`). */
  async load(): Promise<'loaded' | 'missing' | 'damaged'> {
    this.#starts = none
    let text: string
    try {
      text = Buffer.from(await this.#disk.readFile(this.#path)).toString('utf8')
    } catch (error) {
      if (error instanceof DiskFault && error.code === 'ENOENT') return 'missing'
      throw error
    }
    const starts = parse(text)
    this.#starts = starts ?? none
    return starts === null ? 'damaged' : 'loaded'
  }

  /** Notes that the batch at `offset` is of `epoch`. Batches of the newest epoch change nothing. */
  note(epoch: LeaderEpoch, offset: Offset): void {
    if (epoch < 0 || epoch === this.#starts[this.#starts.length - 1]?.epoch) return
    invariant(epoch >= this.lastEpoch, 'leader epochs go back in the log', { epoch, offset, last: this.lastEpoch })
    // An epoch that got no batch is replaced by the one that did.
    const before = this.#starts.filter((start) => start.startOffset < offset)
    this.#starts = [...before, { epoch, startOffset: offset }]
    this.#version++
  }

  /** Epoch of the batch at `offset`, or null where the table does not reach. */
  epochAt(offset: Offset): LeaderEpoch | null {
    let low = 0
    let high = this.#starts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#starts[middle] as EpochStart).startOffset <= offset) low = middle + 1
      else high = middle
    }
    return this.#starts[low - 1]?.epoch ?? null
  }

  /** Whether an epoch begins just there. */
  beginsAt(offset: Offset): boolean {
    return this.#starts.some(({ startOffset }) => startOffset === offset)
  }

  /**
   * The largest epoch not above `epoch`, and where it ends (KIP-101, KIP-279): at the start of the next one, or at the
   * log end. Null where every epoch here is larger, or `epoch` is newer than all and thus unknown.
   */
  endOffsetFor(epoch: LeaderEpoch, logEndOffset: Offset): { epoch: LeaderEpoch; endOffset: Offset } | null {
    if (epoch < 0 || epoch > this.lastEpoch) return null
    if (epoch === this.lastEpoch) return { epoch, endOffset: logEndOffset }
    for (let i = this.#starts.length - 2; i >= 0; i--) {
      const start = this.#starts[i] as EpochStart
      if (start.epoch > epoch) continue
      return { epoch: start.epoch, endOffset: (this.#starts[i + 1] as EpochStart).startOffset }
    }
    // As Kafka answers: the asked epoch, ending where the first known one begins.
    return { epoch, endOffset: this.#starts[0]?.startOffset ?? logEndOffset }
  }

  /** Forgets epochs that begin at or above `offset`. */
  truncateFromEnd(offset: Offset): void {
    const kept = this.#starts.filter((start) => start.startOffset < offset)
    this.#replace(kept)
  }

  /** Nothing below `offset` is kept: the epoch in force there begins there now. */
  truncateFromStart(offset: Offset): void {
    const before = this.#starts.filter((start) => start.startOffset <= offset)
    const newest = before[before.length - 1]
    if (newest === undefined || (before.length === 1 && newest.startOffset === offset)) return
    this.#starts = [{ epoch: newest.epoch, startOffset: offset }, ...this.#starts.slice(before.length)]
    this.#version++
  }

  clear(): void {
    this.#below = -1
    this.#replace(none)
  }

  /** Resolves once the file is durable with all that the table holds now. */
  async write(): Promise<void> {
    if (!this.isDirty) return
    this.#writes ??= new SerialQueue()
    await this.#writes.run(async () => {
      if (!this.isDirty) return
      const version = this.#version
      const lines = this.#starts.map(({ epoch, startOffset }) => `${epoch} ${startOffset}\n`)
      await this.#disk.writeFileAtomic(this.#path, Buffer.from(`0\n${lines.length}\n${lines.join('')}`))
      this.#durable = version
    })
  }

  #replace(starts: readonly EpochStart[]): void {
    if (starts.length === this.#starts.length) return
    this.#starts = starts
    this.#version++
  }
}

function parse(text: string): EpochStart[] | null {
  const [version, count, ...lines] = text.split('\n')
  if (version !== '0' || count !== String(lines.length - 1) || lines[lines.length - 1] !== '') return null
  const starts: EpochStart[] = []
  for (const line of lines.slice(0, -1)) {
    if (!/^\d+ \d+$/.test(line)) return null
    const [epoch, startOffset] = line.split(' ').map(Number) as [number, number]
    const last = starts[starts.length - 1]
    if (last !== undefined && (epoch <= last.epoch || startOffset <= last.startOffset)) return null
    starts.push({ epoch, startOffset })
  }
  return starts
}
