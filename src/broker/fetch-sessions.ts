import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Random } from '../runtime/random.ts'

/** One partition as a fetch names it. `topic` is the name or the id, whichever this version of the request uses. */
export interface FetchPartition {
  readonly topic: string
  readonly index: number
  readonly from: Offset
  readonly maxBytes: number
  readonly leaderEpoch: LeaderEpoch
  readonly lastFetchedEpoch: LeaderEpoch
}

export interface SessionRequest {
  readonly sessionId: number
  /** 0: a new session is wanted; -1: none; else the number of this request within its session. */
  readonly sessionEpoch: number
  readonly byTopicId: boolean
  readonly partitions: readonly FetchPartition[]
  readonly forgotten: readonly { readonly topic: string; readonly index: number }[]
}

export type SessionRefusal = {
  readonly code: 'session-not-found' | 'session-epoch-invalid' | 'session-topic-id-mismatch'
}

/** What the answer of one partition says, as far as a session must know it to leave out what has not changed. */
export interface PartitionFacts {
  readonly highWatermark: Offset
  readonly logStartOffset: Offset
  readonly bytes: number
  readonly failed: boolean
}

/** The fetch at hand: all partitions to read, and which of the answers the client must be sent. */
export interface FetchTurn {
  readonly partitions: readonly FetchPartition[]
  /** To be called with the facts of each partition, in the order of `partitions`. */
  finish(facts: readonly PartitionFacts[]): { readonly sessionId: number; readonly send: readonly boolean[] }
}

interface SessionPartition {
  readonly key: string
  wanted: FetchPartition
  sent: PartitionFacts | null
}

interface Session {
  readonly id: number
  readonly byTopicId: boolean
  /** By key, in the order in which they are served. */
  readonly partitions: Map<string, SessionPartition>
  nextEpoch: number
  usedMs: number
  /** How many partitions it was last counted with. */
  counted: number
}

const keyOf = (partition: { topic: string; index: number }): string => `${partition.topic}:${partition.index}`
const lastEpoch = 2 ** 31 - 1

/**
 * Fetch sessions (KIP-227): a client with many partitions names only those that have changed since its last fetch, and is sent only
 * those with something new. Their number is bounded, and that of the partitions in all of them; when all are in use, a
 * client goes on without one, and a session that grows beyond what is left ends.
 */
export class FetchSessions {
  readonly #clock: Clock
  readonly #random: Random
  readonly #slots: number
  readonly #partitionsMax: number
  readonly #evictionMs: number
  // In order of use, the least recently used first.
  readonly #sessions = new Map<number, Session>()
  #partitions = 0

  constructor(sessions: {
    clock: Clock
    random: Random
    slots: number
    /** In all sessions together. */
    partitionsMax: number
    evictionMs: number
  }) {
    this.#clock = sessions.clock
    this.#random = sessions.random
    this.#slots = sessions.slots
    this.#partitionsMax = sessions.partitionsMax
    this.#evictionMs = sessions.evictionMs
  }

  get size(): number {
    return this.#sessions.size
  }

  begin(request: SessionRequest): FetchTurn | SessionRefusal {
    if (request.sessionEpoch === -1 || request.sessionEpoch === 0) {
      this.#end(this.#sessions.get(request.sessionId))
      const session = request.sessionEpoch === 0 ? this.#create(request) : null
      return session === null ? withoutSession(request.partitions) : this.#turn(session, { full: true })
    }
    const session = this.#sessions.get(request.sessionId)
    if (session === undefined) return { code: 'session-not-found' }
    if (session.nextEpoch !== request.sessionEpoch) return { code: 'session-epoch-invalid' }
    if (session.byTopicId !== request.byTopicId) return { code: 'session-topic-id-mismatch' }
    session.nextEpoch = session.nextEpoch === lastEpoch ? 1 : session.nextEpoch + 1
    this.#use(session)
    for (const partition of request.forgotten) session.partitions.delete(keyOf(partition))
    for (const wanted of request.partitions) {
      const key = keyOf(wanted)
      const known = session.partitions.get(key)
      if (known === undefined) session.partitions.set(key, { key, wanted, sent: null })
      else known.wanted = wanted
    }
    this.#count(session)
    if (this.#partitions > this.#partitionsMax) {
      this.#end(session)
      return { code: 'session-not-found' }
    }
    return this.#turn(session, { full: false })
  }

  #create(request: SessionRequest): Session | null {
    // A client that fetches nothing (to close its session, say) has no use for one.
    if (request.partitions.length === 0 || !this.#makeRoom(request.partitions.length)) return null
    const session: Session = {
      id: this.#newId(),
      byTopicId: request.byTopicId,
      partitions: new Map(
        request.partitions.map((wanted) => [keyOf(wanted), { key: keyOf(wanted), wanted, sent: null }]),
      ),
      nextEpoch: 1,
      usedMs: this.#clock.monotonicMs(),
      counted: 0,
    }
    this.#sessions.set(session.id, session)
    this.#count(session)
    return session
  }

  #makeRoom(partitions: number): boolean {
    while (this.#sessions.size >= this.#slots || this.#partitions + partitions > this.#partitionsMax) {
      const [oldest] = this.#sessions.values()
      if (oldest === undefined || this.#clock.monotonicMs() - oldest.usedMs < this.#evictionMs) return false
      this.#end(oldest)
    }
    return true
  }

  #count(session: Session): void {
    this.#partitions += session.partitions.size - session.counted
    session.counted = session.partitions.size
  }

  #end(session: Session | undefined): void {
    if (session === undefined || !this.#sessions.delete(session.id)) return
    this.#partitions -= session.counted
    session.counted = 0
  }

  #newId(): number {
    for (;;) {
      const id = 1 + this.#random.integer(lastEpoch)
      if (!this.#sessions.has(id)) return id
    }
  }

  #use(session: Session): void {
    session.usedMs = this.#clock.monotonicMs()
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, session)
  }

  #turn(session: Session, { full }: { full: boolean }): FetchTurn {
    const served = [...session.partitions.values()]
    return {
      partitions: served.map(({ wanted }) => wanted),
      finish(facts) {
        const send = facts.map((fact, nth) => {
          const known = served[nth] as SessionPartition
          const news = full || hasNews(fact, known.sent)
          known.sent = fact
          if (fact.bytes > 0) moveLast(session.partitions, known)
          return news
        })
        return { sessionId: session.id, send }
      },
    }
  }
}

/** What is named twice counts once, as in a session: else a short request could make for much work. */
function withoutSession(named: readonly FetchPartition[]): FetchTurn {
  const partitions = named.length < 2 ? named : [...new Map(named.map((each) => [keyOf(each), each])).values()]
  return { partitions, finish: (facts) => ({ sessionId: 0, send: facts.map(() => true) }) }
}

function hasNews(now: PartitionFacts, sent: PartitionFacts | null): boolean {
  if (now.bytes > 0 || now.failed || sent === null || sent.failed) return true
  return now.highWatermark !== sent.highWatermark || now.logStartOffset !== sent.logStartOffset
}

/** Who got something comes last the next time, so that one busy partition does not starve the others. */
function moveLast(partitions: Map<string, SessionPartition>, partition: SessionPartition): void {
  // A request that came meanwhile may have forgotten it.
  if (partitions.get(partition.key) !== partition) return
  partitions.delete(partition.key)
  partitions.set(partition.key, partition)
}
