import type { Offset } from '../record/offset.ts'
import { invariant } from '../runtime/invariant.ts'
import type { Segment } from './segment.ts'

/** The segments of one log by base offset. The last one is the one that is appended to. Never empty once open. */
export class SegmentList {
  #segments: Segment[] = []

  get all(): readonly Segment[] {
    return this.#segments
  }

  get first(): Segment {
    return this.#segments[0] as Segment
  }

  get active(): Segment {
    return this.#segments[this.#segments.length - 1] as Segment
  }

  get sizeBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.sizeBytes, 0)
  }

  add(segment: Segment): void {
    const last = this.#segments[this.#segments.length - 1]
    invariant(last === undefined || segment.baseOffset > last.baseOffset, 'segments out of order', {
      last: last?.baseOffset,
      added: segment.baseOffset,
    })
    // Not pushed: room for what may follow would be most of what a list of one costs, and there are thousands of them.
    this.#segments = this.#segments.concat(segment)
  }

  remove(segment: Segment): void {
    this.#segments = this.#segments.filter((kept) => kept !== segment)
    segment.retire()
  }

  /** Puts one segment in the place of some that lie behind each other, the first of which begins where it does. */
  replace(old: readonly Segment[], by: Segment): void {
    const at = this.#segments.indexOf(old[0] as Segment)
    invariant(at >= 0 && old.every((segment, i) => this.#segments[at + i] === segment), 'no neighbours are replaced')
    invariant(old[0]?.baseOffset === by.baseOffset && !old.includes(this.active), 'the wrong segments are replaced')
    this.#segments = [...this.#segments.slice(0, at), by, ...this.#segments.slice(at + old.length)]
    for (const segment of old) segment.retire()
  }

  /** The segment that holds `offset` or would: the last one that begins at or below it, or the first of all. */
  floor(offset: Offset): Segment {
    return this.#segments[this.#floorIndex(offset)] as Segment
  }

  /** The segments from the one that holds `offset` on. */
  from(offset: Offset): Segment[] {
    return this.#segments.slice(this.#floorIndex(offset))
  }

  next(segment: Segment): Segment | null {
    return this.#segments[this.#segments.indexOf(segment) + 1] ?? null
  }

  #floorIndex(offset: Offset): number {
    let low = 0
    let high = this.#segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#segments[middle] as Segment).baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}
