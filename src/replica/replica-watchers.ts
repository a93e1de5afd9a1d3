import type { Replica } from './replica.ts'

/** Told when more may be read of the replica, or when it leads no longer. */
export type ReplicaWatcher = (replica: Replica) => void

/** Who watches one replica. */
export class ReplicaWatchers {
  readonly #replica: Replica
  /** Null: nobody watches, as with most of thousands. */
  #watchers: Set<ReplicaWatcher> | null = null

  constructor(replica: Replica) {
    this.#replica = replica
  }

  add(watcher: ReplicaWatcher): void {
    this.#watchers ??= new Set()
    this.#watchers.add(watcher)
  }

  remove(watcher: ReplicaWatcher): void {
    this.#watchers?.delete(watcher)
  }

  wake(): void {
    // Whoever is woken may watch no more.
    for (const watcher of [...(this.#watchers ?? [])]) watcher(this.#replica)
  }
}
