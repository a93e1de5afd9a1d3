import type { Offset } from '../../record/offset.ts'

/**
 * Whether a primary goes on alone, whose topic lets it when its backups are too slow (`sync.on.timeout=degrade`). Sans-IO; looked at
 * from time to time.
 *
 * off → on: what the primary had at some time enough backups have not got for longer than `afterMs`; that they are out of touch
 * is the same. on → off: they have all that it had when it was looked at last.
 */
export class Degradation {
  #isOn = false
  /** What is waited for, and since when. */
  #awaited: { readonly upTo: Offset; readonly sinceMs: number }

  constructor(start: { logEndOffset: Offset; nowMs: number }) {
    this.#awaited = { upTo: start.logEndOffset, sinceMs: start.nowMs }
  }

  get isOn(): boolean {
    return this.#isOn
  }

  /** `copiedUpTo`: what enough backups have; -1: too few are in touch. */
  look(now: { copiedUpTo: Offset; logEndOffset: Offset; nowMs: number; afterMs: number }): void {
    const { copiedUpTo, logEndOffset: upTo, nowMs: sinceMs } = now
    if (copiedUpTo >= this.#awaited.upTo) this.#isOn = false
    else if (!this.#isOn && sinceMs - this.#awaited.sinceMs < now.afterMs) return
    else this.#isOn = true
    this.#awaited = { upTo, sinceMs }
  }
}
