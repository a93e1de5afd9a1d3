import type { Replica } from '../replica/replica.ts'

/** Replicas that are looked at from time to time. Whoever looks is told when there is one, and needs no timer before. */
export class WatchedReplicas implements Iterable<Replica> {
  readonly #replicas = new Set<Replica>()
  readonly #filled: (() => void)[] = []

  get size(): number {
    return this.#replicas.size
  }

  has(replica: Replica): boolean {
    return this.#replicas.has(replica)
  }

  add(replica: Replica): void {
    this.#replicas.add(replica)
    if (this.#replicas.size === 1) for (const filled of this.#filled) filled()
  }

  delete(replica: Replica): void {
    this.#replicas.delete(replica)
  }

  /** `filled` is called whenever there was none and is one. */
  whenFilled(filled: () => void): void {
    this.#filled.push(filled)
  }

  [Symbol.iterator](): Iterator<Replica> {
    return this.#replicas.values()
  }
}
