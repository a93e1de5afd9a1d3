import type { Offset } from '../record/offset.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Random } from '../runtime/random.ts'
import { eachOnce, type FetchPartition, type SessionPartition, SessionPartitions } from './session-partitions.ts'

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
  /** To be called with what tells the facts of the nth of `partitions`. `send` null: the client is sent all of them. */
  finish(factsOf: (nth: number) => PartitionFacts): {
    readonly sessionId: number
    readonly send: readonly boolean[] | null
  }
}

interface Session {
  readonly id: number
  readonly byTopicId: boolean
  readonly partitions: SessionPartitions
  nextEpoch: number
  usedMs: number
  /** How many partitions it was last counted with. */
  counted: number
}

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
    for (const partition of request.forgotten) session.partitions.forget(partition)
    for (const wanted of request.partitions) session.partitions.want(wanted)
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
      partitions: new SessionPartitions(request.partitions),
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

  #turn({ id, partitions }: Session, { full }: { full: boolean }): FetchTurn {
    const served = partitions.inOrder()
    return {
      partitions: served.map(({ wanted }) => wanted),
      finish(factsOf) {
        const send = served.map((known, nth) => {
          const facts = factsOf(nth)
          const news = full || hasNews(facts, known)
          known.highWatermark = facts.failed ? -1 : facts.highWatermark
          known.logStartOffset = facts.failed ? -1 : facts.logStartOffset
          if (facts.bytes > 0) partitions.serveLast(known)
          return news
        })
        return { sessionId: id, send }
      },
    }
  }
}

/** What is named twice counts once, as in a session: else a short request could make for much work. */
function withoutSession(named: readonly FetchPartition[]): FetchTurn {
  return { partitions: eachOnce(named), finish: () => ({ sessionId: 0, send: null }) }
}

function hasNews(now: PartitionFacts, sent: SessionPartition): boolean {
  if (now.bytes > 0 || now.failed) return true
  return now.highWatermark !== sent.highWatermark || now.logStartOffset !== sent.logStartOffset
}
