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
  // As they were named at first. Null: they are in the tables, which take as much memory again and are made for the first change.
  #listed: readonly SessionPartition[] | null = null
  readonly #inOrder = new Set<SessionPartition>()
  // By topic and index: a text for each, made of both, took more time and memory than all else.
  readonly #topics = new Map<string, Map<number, SessionPartition>>()

  constructor(named: readonly FetchPartition[]) {
    if (namesEachOnce(named)) this.#listed = named.map(unsent)
    else for (const each of named) this.want(each)
  }

  get size(): number {
    return this.#listed?.length ?? this.#inOrder.size
  }

  inOrder(): readonly SessionPartition[] {
    return this.#listed ?? [...this.#inOrder]
  }

  /** Takes it in, or changes what is wanted of it. */
  want(wanted: FetchPartition): void {
    this.#makeTables()
    const topic = this.#topics.get(wanted.topic) ?? new Map<number, SessionPartition>()
    const known = topic.get(wanted.index)
    if (known !== undefined) {
      known.wanted = wanted
      return
    }
    this.#add(topic, unsent(wanted))
  }

  forget({ topic: name, index }: { topic: string; index: number }): void {
    this.#makeTables()
    const topic = this.#topics.get(name)
    const known = topic?.get(index)
    if (topic === undefined || known === undefined) return
    this.#inOrder.delete(known)
    topic.delete(index)
    if (topic.size === 0) this.#topics.delete(name)
  }

  /** Who got something comes last the next time, so that one busy partition does not starve the others. */
  serveLast(partition: SessionPartition): void {
    this.#makeTables()
    // A request that came meanwhile may have forgotten it.
    if (this.#inOrder.delete(partition)) this.#inOrder.add(partition)
  }

  #makeTables(): void {
    const listed = this.#listed ?? []
    this.#listed = null
    for (const each of listed)
      this.#add(this.#topics.get(each.wanted.topic) ?? new Map<number, SessionPartition>(), each)
  }

  #add(topic: Map<number, SessionPartition>, partition: SessionPartition): void {
    if (topic.size === 0) this.#topics.set(partition.wanted.topic, topic)
    topic.set(partition.wanted.index, partition)
    this.#inOrder.add(partition)
  }
}

function unsent(wanted: FetchPartition): SessionPartition {
  return { wanted, highWatermark: -1, logStartOffset: -1 }
}

/** What is named, each once: what is named twice counts once, with what was wanted last. */
export function eachOnce(named: readonly FetchPartition[]): readonly FetchPartition[] {
  return namesEachOnce(named) ? named : new SessionPartitions(named).inOrder().map(({ wanted }) => wanted)
}

/** Whether it is plain to see, without a table of all that is named: topics one after the other, each in its partitions' order. */
function namesEachOnce(named: readonly FetchPartition[]): boolean {
  const topics = new Set<string>()
  let last: FetchPartition | null = null
  for (const each of named) {
    if (last !== null && each.topic === last.topic) {
      if (each.index <= last.index) return false
    } else {
      if (topics.has(each.topic)) return false
      topics.add(each.topic)
    }
    last = each
  }
  return true
}
