import type { Offset } from '../../record/offset.ts'

/** Marks kept of one queue. With more, every second is dropped: it then becomes visible with the next one. */
const marksMax = 1024

/**
 * Up to which queue offset the group is at a group offset: ends of a queue's batches in both numbers, of those that may still
 * be above the watermark. What it tells is never too high, and right wherever a mark is.
 */
export class QueueMarks {
  /** Ends of both kinds in turn: group offset, queue offset. */
  #marks: Offset[] = []

  constructor(at: { groupEnd: Offset; end: Offset }) {
    this.restart(at)
  }

  /** Behind a batch of the queue. `watermark` of the group: what it has passed needs no mark. */
  add(at: { groupEnd: Offset; end: Offset }, watermark: Offset): void {
    this.#marks.push(at.groupEnd, at.end)
    if (this.#marks.length <= 2 * marksMax) return
    const below = this.#placeOf(watermark)
    this.#marks = this.#marks.slice(Math.max(below, 0))
    if (this.#marks.length > marksMax) this.#marks = thinned(this.#marks)
  }

  /** Nothing is known but that the queue ends at `end` as of `groupEnd`. */
  restart(at: { groupEnd: Offset; end: Offset }): void {
    this.#marks = [at.groupEnd, at.end]
  }

  /** Queue offset up to which everything lies below `groupOffset`; 0: that is not known. */
  at(groupOffset: Offset): Offset {
    const place = this.#placeOf(groupOffset)
    return place < 0 ? 0 : (this.#marks[place + 1] as Offset)
  }

  /** Group offset of the last mark at or below `groupOffset`: a batch, or what else tells of the queue, ends there; -1: that is not known. */
  lastUpTo(groupOffset: Offset): Offset {
    const place = this.#placeOf(groupOffset)
    return place < 0 ? -1 : (this.#marks[place] as Offset)
  }

  /** Place of the last mark at or below `groupOffset`; below 0: there is none. */
  #placeOf(groupOffset: Offset): number {
    let low = 0
    let high = this.#marks.length / 2
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#marks[2 * middle] as Offset) <= groupOffset) low = middle + 1
      else high = middle
    }
    return 2 * (low - 1)
  }
}

/** Every second mark, the first and the last among them. */
function thinned(marks: readonly Offset[]): Offset[] {
  const kept: Offset[] = []
  for (let place = 0; place < marks.length - 2; place += 4)
    kept.push(marks[place] as Offset, marks[place + 1] as Offset)
  kept.push(marks[marks.length - 2] as Offset, marks[marks.length - 1] as Offset)
  return kept
}
