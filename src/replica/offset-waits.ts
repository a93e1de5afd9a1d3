import type { Offset } from '../record/offset.ts'

type Settle<Refusal> = (outcome: Refusal | null) => void

/**
 * Those who wait until an offset that only grows has passed theirs. Answered in the order of their offsets, which is
 * mostly the order of their coming: a produce waits for the end of what it has just appended.
 */
export class OffsetWaits<Refusal> {
  // Sorted by `upTo`; answered from `#first` on, compacted when the answered part has grown.
  #waits: { upTo: Offset; settle: Settle<Refusal> }[] = []
  #first = 0

  get size(): number {
    return this.#waits.length - this.#first
  }

  /** `settle(null)` once `advance` has been called with `upTo` or more, `settle(refusal)` when all are refused before. */
  add(upTo: Offset, settle: Settle<Refusal>): void {
    let at = this.#waits.length
    // Only a retry that was stored earlier waits for less than the newest one.
    while (at > this.#first && (this.#waits[at - 1]?.upTo ?? 0) > upTo) at -= 1
    if (at === this.#waits.length) this.#waits.push({ upTo, settle })
    else this.#waits.splice(at, 0, { upTo, settle })
  }

  advance(to: Offset): void {
    for (let next = this.#waits[this.#first]; next !== undefined && next.upTo <= to; next = this.#waits[this.#first]) {
      this.#first += 1
      next.settle(null)
    }
    if (this.#first > 64 && this.#first * 2 > this.#waits.length) {
      this.#waits = this.#waits.slice(this.#first)
      this.#first = 0
    }
  }

  /** Answers everyone with the refusal, those that come later excepted. */
  refuseAll(refusal: Refusal): void {
    const refused = this.#waits.slice(this.#first)
    this.#waits = []
    this.#first = 0
    for (const wait of refused) wait.settle(refusal)
  }
}
