import type { LeaderEpoch, Offset } from '../record/offset.ts'

/** One partition as a fetch names it. `topic` is the name or the id, whichever this version of the request uses. */
export interface FetchPartition {
  readonly topic: string
  readonly index: number
  readonly from: Offset
  readonly maxBytes: number
  readonly leaderEpoch: LeaderEpoch
  readonly lastFetchedEpoch: LeaderEpoch
}

/** What a session knows of a partition. Flat, as there are hundreds of thousands of them. */
export interface SessionPartition {
  wanted: FetchPartition
  /** What was sent last; -1 both: nothing, or an error. */
  highWatermark: Offset
  logStartOffset: Offset
}

/** The partitions of one fetch session, each once, in the order in which they are served. */
export class SessionPartitions {
  readonly #inOrder = new Set<SessionPartition>()
  // By topic and index: a text for each, made of both, took more time and memory than all else.
  readonly #topics = new Map<string, Map<number, SessionPartition>>()

  constructor(named: readonly FetchPartition[]) {
    for (const each of named) this.want(each)
  }

  get size(): number {
    return this.#inOrder.size
  }

  inOrder(): SessionPartition[] {
    return [...this.#inOrder]
  }

  /** Takes it in, or changes what is wanted of it. */
  want(wanted: FetchPartition): void {
    const topic = this.#topics.get(wanted.topic) ?? new Map<number, SessionPartition>()
    const known = topic.get(wanted.index)
    if (known !== undefined) {
      known.wanted = wanted
      return
    }
    const added = { wanted, highWatermark: -1, logStartOffset: -1 }
    if (topic.size === 0) this.#topics.set(wanted.topic, topic)
    topic.set(wanted.index, added)
    this.#inOrder.add(added)
  }

  forget({ topic: name, index }: { topic: string; index: number }): void {
    const topic = this.#topics.get(name)
    const known = topic?.get(index)
    if (topic === undefined || known === undefined) return
    this.#inOrder.delete(known)
    topic.delete(index)
    if (topic.size === 0) this.#topics.delete(name)
  }

  /** Who got something comes last the next time, so that one busy partition does not starve the others. */
  serveLast(partition: SessionPartition): void {
    // A request that came meanwhile may have forgotten it.
    if (this.#inOrder.delete(partition)) this.#inOrder.add(partition)
  }
}
