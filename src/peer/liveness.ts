import type { BrokerId } from '../replication/replica-id.ts'

/**
 * Which brokers are silent: those of which nothing was heard for `silenceMs`, and those of which nothing ever was. Times
 * are of the monotonic clock.
 */
export class Liveness {
  readonly #silenceMs: number
  readonly #heardMs = new Map<BrokerId, number>()
  #silent: ReadonlySet<BrokerId> = new Set()

  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs
  }

  get silent(): ReadonlySet<BrokerId> {
    return this.#silent
  }

  /** There is nobody whose silence could matter. */
  get knowsNobody(): boolean {
    return this.#heardMs.size === 0
  }

  /** True: it was not known, and is silent as long as nothing is heard of it. */
  know(broker: BrokerId): boolean {
    if (this.#heardMs.has(broker)) return false
    this.#heardMs.set(broker, Number.NEGATIVE_INFINITY)
    return true
  }

  forget(broker: BrokerId): void {
    this.#heardMs.delete(broker)
  }

  /** True: it was silent, and is to be judged anew. */
  heard(broker: BrokerId, nowMs: number): boolean {
    this.#heardMs.set(broker, nowMs)
    return this.#silent.has(broker)
  }

  /** It is known to be gone. */
  unheard(broker: BrokerId): void {
    if (this.#heardMs.has(broker)) this.#heardMs.set(broker, Number.NEGATIVE_INFINITY)
  }

  /** The time `forMs` counts for nobody's silence; nothing happens where it is not positive. */
  forgive(forMs: number): void {
    if (forMs <= 0) return
    for (const [broker, atMs] of this.#heardMs) this.#heardMs.set(broker, atMs + forMs)
  }

  /** Whether the set of the silent has changed. */
  judge(nowMs: number): boolean {
    const silent = new Set<BrokerId>()
    for (const [broker, atMs] of this.#heardMs) if (atMs <= nowMs - this.#silenceMs) silent.add(broker)
    const isSame = silent.size === this.#silent.size && [...silent].every((broker) => this.#silent.has(broker))
    if (!isSame) this.#silent = silent
    return !isSame
  }
}
