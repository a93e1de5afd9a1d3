import type { Clock, Timer } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { ClientConnection } from './connection.ts'
import type { MemoryBound } from './memory-bound.ts'

/** How often it is looked who holds answers while others wait for the memory. */
const shortageLookMs = 250
/** An answer that was not taken for this long may be given up for others. */
const shortagePatienceMs = 1_000

/**
 * Closes the connections whose clients do not take their answers: after `unsentMaxMs` in any case, and much earlier, those
 * that have waited longest first, while others wait for the memory that the answers hold.
 */
export class UnreadAnswers {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #connections: Iterable<ClientConnection>
  readonly #memory: MemoryBound
  readonly #unsentMaxMs: number
  #shortage: Timer | null = null

  constructor(parts: {
    clock: Clock
    logger: Logger
    connections: Iterable<ClientConnection>
    memory: MemoryBound
    unsentMaxMs: number
  }) {
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#connections = parts.connections
    this.#memory = parts.memory
    this.#unsentMaxMs = parts.unsentMaxMs
    parts.memory.onShortage = () => this.#watchShortage()
  }

  /** Closes those that have not taken an answer within the longest time. */
  sweep(): void {
    const late = this.#unsentSince(this.#clock.monotonicMs() - this.#unsentMaxMs)
    this.#close(late, 'connections are closed: their clients have not taken their answers in time')
  }

  stop(): void {
    this.#memory.onShortage = () => {}
    this.#shortage?.cancel()
  }

  #watchShortage(): void {
    this.#shortage?.cancel()
    this.#shortage = this.#clock.setTimer(shortageLookMs, () => {
      this.#shortage = null
      const wanted = this.#memory.wantedBytes
      if (wanted === 0) return
      this.#relieve(wanted)
      this.#watchShortage()
    })
  }

  #relieve(wantedBytes: number): void {
    const holding = this.#unsentSince(this.#clock.monotonicMs() - shortagePatienceMs)
    const closing: ClientConnection[] = []
    let freed = 0
    for (const connection of holding) {
      if (freed >= wantedBytes) break
      freed += connection.sharedAnswerBytes
      if (connection.sharedAnswerBytes > 0) closing.push(connection)
    }
    this.#close(closing, 'connections are closed: others need the memory of answers that their clients do not take')
  }

  /** Those with an answer that is unsent since then or longer, the longest first. */
  #unsentSince(thenMs: number): ClientConnection[] {
    const found = [...this.#connections].filter(
      ({ unsentSinceMs }) => unsentSinceMs !== null && unsentSinceMs <= thenMs,
    )
    return found.sort((one, other) => (one.unsentSinceMs ?? 0) - (other.unsentSinceMs ?? 0))
  }

  /** One line for all: a flood must not become a flood in the log. */
  #close(connections: readonly ClientConnection[], why: string): void {
    const [first] = connections
    if (first === undefined) return
    const bytes = connections.reduce((sum, { sharedAnswerBytes }) => sum + sharedAnswerBytes, 0)
    this.#logger.warn({ connections: connections.length, bytes, first: first.client }, why)
    for (const connection of connections) connection.destroy()
  }
}
