import { invariant } from '../runtime/invariant.ts'
import type { GroupAnswer, GroupEffect, GroupNote, GroupTimer, Ticket } from './group-events.ts'
import type { GroupRecord } from './group-record.ts'
import type { AppendRefusalCode } from './offsets-topic.ts'

/** What to do once an append has ended. */
export interface AppendOutcome {
  /** The records are committed and replayed. */
  committed(): void
  refused(code: AppendRefusalCode): void
}

export interface PendingAppend extends AppendOutcome {
  readonly records: readonly GroupRecord[]
}

/** Gathers the effects of one step, and keeps what waits for an append across steps. */
export class Outbox {
  #effects: GroupEffect[] = []
  #nextAppend = 1
  /** By number, thus in log order. */
  readonly #pending = new Map<number, PendingAppend>()
  readonly #appended: (records: readonly GroupRecord[]) => void

  /** `appended` hears of all records at the moment of their append. */
  constructor(appended: (records: readonly GroupRecord[]) => void) {
    this.#appended = appended
  }

  answer(ticket: Ticket, answer: GroupAnswer): void {
    this.#effects.push({ type: 'answer', ticket, answer })
  }

  setTimer(timer: GroupTimer, delayMs: number): void {
    this.#effects.push({ type: 'set-timer', timer, delayMs })
  }

  cancelTimer(timer: GroupTimer): void {
    this.#effects.push({ type: 'cancel-timer', timer })
  }

  note(note: GroupNote): void {
    this.#effects.push({ type: 'note', note })
  }

  append(records: readonly GroupRecord[], outcome: AppendOutcome): void {
    const append = this.#nextAppend++
    this.#pending.set(append, { records, ...outcome })
    this.#appended(records)
    this.#effects.push({ type: 'append', append, records })
  }

  /** Takes the append from those that wait. A commit must be the oldest one's: offsets commit in log order. */
  settle(append: number, ending: 'committed' | 'refused'): PendingAppend {
    const pending = this.#pending.get(append)
    invariant(pending !== undefined, 'an append ended twice, or was never made', { append })
    if (ending === 'committed') {
      const oldest = this.#pending.keys().next().value
      invariant(oldest === append, 'appends were committed out of order', { append, oldest })
    }
    this.#pending.delete(append)
    return pending
  }

  /** Everything that waits for an append, oldest first; none of it waits any longer. */
  abandon(): PendingAppend[] {
    const abandoned = [...this.#pending.values()]
    this.#pending.clear()
    return abandoned
  }

  /** The effects since the last drain, in order. */
  drain(): GroupEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }
}
