import type { Clock } from '../runtime/clock.ts'
import type { ClientConnection } from './connection.ts'
import type { GiveUp } from './give-up.ts'
import type { MemoryBound } from './memory-bound.ts'
import { ShortageWatch } from './shortage-watch.ts'

/** An answer that was not taken for this long may be given up for others. */
const patienceMs = 1_000

/**
 * Closes the connections whose clients do not take their answers: after `unsentMaxMs` in any case, and much earlier, those
 * that have waited longest first, while others wait for the memory that the answers hold.
 */
export class UnreadAnswers {
  readonly #clock: Clock
  readonly #connections: Iterable<ClientConnection>
  readonly #giveUp: GiveUp
  readonly #unsentMaxMs: number
  readonly #shortage: ShortageWatch

  constructor(parts: {
    clock: Clock
    connections: Iterable<ClientConnection>
    memory: MemoryBound
    unsentMaxMs: number
    giveUp: GiveUp
  }) {
    this.#clock = parts.clock
    this.#connections = parts.connections
    this.#giveUp = parts.giveUp
    this.#unsentMaxMs = parts.unsentMaxMs
    this.#shortage = new ShortageWatch(parts.clock, parts.memory, ({ wantedBytes }) => this.#relieve(wantedBytes))
  }

  /** Closes those that have not taken an answer within the longest time. */
  sweep(): void {
    this.#giveUp(this.#unsentFor(this.#unsentMaxMs), 'their clients have not taken their answers in time')
  }

  stop(): void {
    this.#shortage.stop()
  }

  #relieve(wantedBytes: number): void {
    const holding = this.#unsentFor(patienceMs).filter(({ sharedAnswerBytes }) => sharedAnswerBytes > 0)
    let freed = 0
    const enough = holding.findIndex(({ sharedAnswerBytes }) => (freed += sharedAnswerBytes) >= wantedBytes)
    const closing = enough < 0 ? holding : holding.slice(0, enough + 1)
    this.#giveUp(closing, 'others need the memory of answers that their clients do not take')
  }

  /** Those with an answer that is unsent for so long, the longest first. */
  #unsentFor(ms: number): ClientConnection[] {
    const thenMs = this.#clock.monotonicMs() - ms
    const found = [...this.#connections].filter(
      ({ unsentSinceMs }) => unsentSinceMs !== null && unsentSinceMs <= thenMs,
    )
    return found.sort((one, other) => (one.unsentSinceMs ?? 0) - (other.unsentSinceMs ?? 0))
  }
}
