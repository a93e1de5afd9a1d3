import type { Offset, Position } from '../record/offset.ts'
import { type Disk, DiskFault } from '../runtime/disk.ts'

/** Bytes of a segment that are no good batches, and the offsets that are missing with them. */
export interface DamagedRange {
  /** First offset that cannot be read. */
  readonly from: Offset
  /** The next offset that can. */
  readonly upTo: Offset
  readonly segmentBaseOffset: Offset
  readonly position: Position
  readonly endPosition: Position
}

export const damagedRangesFileName = 'damaged-ranges'
const none: readonly DamagedRange[] = []

/**
 * What of a log is known to be damaged: kept in a file of the log's folder, so that a clean restart does not forget it.
 * A damaged range is refused to readers, never skipped; it goes when the log is cut below it or its segment is removed.
 */
export class DamagedRanges {
  readonly #directory: string
  readonly #disk: Disk
  /** In the order of their offsets. */
  #ranges: readonly DamagedRange[] = none

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#directory = directory
  }

  get #path(): string {
    return `${this.#directory}/${damagedRangesFileName}`
  }

  get all(): readonly DamagedRange[] {
    return this.#ranges
  }

  /** A file that cannot be read as such counts as lost: false. */
  async load(): Promise<boolean> {
    try {
      const ranges = parse(Buffer.from(await this.#disk.readFile(this.#path)).toString('utf8'))
      this.#ranges = ranges ?? []
      return ranges !== null
    } catch (error) {
      if (error instanceof DiskFault && error.code === 'ENOENT') return true
      throw error
    }
  }

  at(offset: Offset): DamagedRange | null {
    if (this.#ranges.length === 0) return null
    return this.#ranges.find((range) => range.from <= offset && offset < range.upTo) ?? null
  }

  /** The first offset at or above `offset` that cannot be read; null: all can. */
  firstFrom(offset: Offset): Offset | null {
    const range = this.#ranges.find(({ upTo }) => upTo > offset)
    return range === undefined ? null : Math.max(range.from, offset)
  }

  /** The last damage of the segment that ends at or below `offset`. */
  lastBefore(segmentBaseOffset: Offset, offset: Offset): DamagedRange | null {
    if (this.#ranges.length === 0) return null
    const isThere = (range: DamagedRange) => range.segmentBaseOffset === segmentBaseOffset && range.upTo <= offset
    return this.#ranges.findLast(isThere) ?? null
  }

  /** The first damage in the segment that ends behind `position`. */
  firstIn(segmentBaseOffset: Offset, position: Position): DamagedRange | null {
    if (this.#ranges.length === 0) return null
    const isThere = (range: DamagedRange) =>
      range.segmentBaseOffset === segmentBaseOffset && range.endPosition > position
    return this.#ranges.find(isThere) ?? null
  }

  /** Notes what was found while the log is open. */
  async add(found: DamagedRange): Promise<void> {
    await this.#set([...this.#ranges, found].sort((one, other) => one.from - other.from))
  }

  /** Replaces what is known from the segment at `baseOffset` on by what a scan found. */
  async replaceFrom(baseOffset: Offset, found: readonly DamagedRange[]): Promise<void> {
    await this.#set([...this.#ranges.filter((range) => range.segmentBaseOffset < baseOffset), ...found])
  }

  async truncateTo(offset: Offset): Promise<void> {
    await this.#set(this.#ranges.filter((range) => range.from < offset))
  }

  /** The segments below are gone. Damage below the log start stays noted as long as its bytes are there to be met. */
  async segmentsRemovedBelow(baseOffset: Offset): Promise<void> {
    await this.#set(this.#ranges.filter((range) => range.segmentBaseOffset >= baseOffset))
  }

  async #set(ranges: DamagedRange[]): Promise<void> {
    if (ranges.length === 0 && this.#ranges.length === 0) return
    if (ranges.length === this.#ranges.length && ranges.every((range, i) => range === this.#ranges[i])) return
    this.#ranges = ranges
    const lines = ranges.map(
      (range) => `${range.from} ${range.upTo} ${range.segmentBaseOffset} ${range.position} ${range.endPosition}\n`,
    )
    await this.#disk.writeFileAtomic(this.#path, Buffer.from(`0\n${lines.length}\n${lines.join('')}`))
  }
}

function parse(text: string): DamagedRange[] | null {
  const [version, count, ...lines] = text.split('\n')
  if (version !== '0' || count !== String(lines.length - 1)) return null
  const ranges = lines.slice(0, -1).map((line) => {
    const [from, upTo, segmentBaseOffset, position, endPosition] = line.split(' ').map(Number)
    return { from, upTo, segmentBaseOffset, position, endPosition } as DamagedRange
  })
  return ranges.every((range) => Object.values(range).every(Number.isSafeInteger)) ? ranges : null
}
