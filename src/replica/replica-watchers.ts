import type { PartitionWatcher, ServedPartition } from './served-partition.ts'

/** Who watches one replica. */
export class ReplicaWatchers {
  readonly #replica: ServedPartition
  /** Null: nobody watches, as with most of thousands. */
  #watchers: Set<PartitionWatcher> | null = null

  constructor(replica: ServedPartition) {
    this.#replica = replica
  }

  add(watcher: PartitionWatcher): void {
    this.#watchers ??= new Set()
    this.#watchers.add(watcher)
  }

  remove(watcher: PartitionWatcher): void {
    this.#watchers?.delete(watcher)
  }

  wake(): void {
    // Whoever is woken may watch no more.
    for (const watcher of [...(this.#watchers ?? [])]) watcher(this.#replica)
  }
}
