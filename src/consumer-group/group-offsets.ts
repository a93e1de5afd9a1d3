import type { CommittedOffset } from './group-record.ts'

/**
 * The committed offsets of one group, and which of them have a commit on its way. Reads see what is committed only;
 * deletions also cover what is on its way, or a commit that was appended before a deletion would outlive it.
 */
export class GroupOffsets {
  readonly #committed = new Map<string, Map<number, CommittedOffset>>()
  /** Appended, not yet committed: how many commits for each partition. */
  readonly #pending = new Map<string, Map<number, number>>()

  /** Nothing is committed and nothing on its way. */
  get isEmpty(): boolean {
    return this.#committed.size === 0 && this.#pending.size === 0
  }

  get(topic: string, partition: number): CommittedOffset | null {
    return this.#committed.get(topic)?.get(partition) ?? null
  }

  /** All committed offsets, by topic. */
  committed(): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.#committed
  }

  hasPending(topic: string, partition: number): boolean {
    return this.#pending.get(topic)?.has(partition) ?? false
  }

  /** Topic and partition of everything that is committed or on its way. */
  keys(topics?: ReadonlySet<string>): { topic: string; partition: number }[] {
    const keys: { topic: string; partition: number }[] = []
    for (const topic of new Set([...this.#committed.keys(), ...this.#pending.keys()])) {
      if (topics !== undefined && !topics.has(topic)) continue
      const partitions = new Set([
        ...(this.#committed.get(topic)?.keys() ?? []),
        ...(this.#pending.get(topic)?.keys() ?? []),
      ])
      for (const partition of partitions) keys.push({ topic, partition })
    }
    return keys
  }

  /** A record for this partition was appended. */
  appended(topic: string, partition: number): void {
    const counts = this.#pending.get(topic) ?? new Map<number, number>()
    this.#pending.set(topic, counts)
    counts.set(partition, (counts.get(partition) ?? 0) + 1)
  }

  /** A record that was appended is committed, or was refused. */
  settled(topic: string, partition: number): void {
    const counts = this.#pending.get(topic)
    const count = counts?.get(partition)
    if (counts === undefined || count === undefined) return
    if (count > 1) counts.set(partition, count - 1)
    else counts.delete(partition)
    if (counts.size === 0) this.#pending.delete(topic)
  }

  replay(topic: string, partition: number, value: CommittedOffset | null): void {
    const partitions = this.#committed.get(topic)
    if (value !== null) {
      if (partitions === undefined) this.#committed.set(topic, new Map([[partition, value]]))
      else partitions.set(partition, value)
      return
    }
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#committed.delete(topic)
  }
}
