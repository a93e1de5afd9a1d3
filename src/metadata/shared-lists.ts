/** Lists that are kept to be found again; then they are forgotten, and found no more. */
const listsMax = 1_024

/**
 * One array for all lists of the same items: partitions by the thousand have the same few replicas, in the same order. Nobody may change
 * what it gives.
 */
export class SharedLists {
  readonly #known = new Map<string, readonly (number | string)[]>()

  /** An array with the items of `list`, which may be `list` itself. */
  of<T extends number | string>(list: readonly T[]): readonly T[] {
    // Ids of brokers and folders hold no comma, and none is an id of both kinds.
    const key = list.join(',')
    const known = this.#known.get(key)
    if (known !== undefined) return known as readonly T[]
    if (this.#known.size === listsMax) this.#known.clear()
    this.#known.set(key, list)
    return list
  }
}
