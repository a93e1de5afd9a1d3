import { MalformedInput } from '../../codec/malformed-input.ts'
import type { LeaderEpoch, Offset, Timestamp } from '../../record/offset.ts'
import { decodeAskBody, encodeAskBody } from '../../peer/ask-bodies.ts'
import { AskFailed, type Asks, Refusal } from '../../peer/asks.ts'
import type { Replica } from '../../replica/replica.ts'
import { type BrokerId, isSameReplica, type ReplicaId } from '../../replication/replica-id.ts'
import type { Clock } from '../../runtime/clock.ts'

/** How far one process has the metadata log. */
export interface QuorumMember extends ReplicaId {
  /** -1: the leader does not know. */
  readonly logEndOffset: Offset
  /** By the leader's clock; -1: it has not fetched since this leader leads. */
  readonly fetchedAt: Timestamp
  /** When it last had all that the leader had; -1: not since this leader leads. */
  readonly caughtUpAt: Timestamp
}

/** The metadata log as its leader sees it. */
export interface QuorumDescription {
  readonly leader: BrokerId
  readonly epoch: LeaderEpoch
  readonly highWatermark: Offset
  readonly voters: readonly QuorumMember[]
  /** Those that read along without a vote. */
  readonly observers: readonly QuorumMember[]
}

/** A voter, and where the others reach it; null: nowhere, it is the only one. */
export interface QuorumVoter extends ReplicaId {
  readonly peer: { readonly host: string; readonly port: number } | null
}

const subject = 'metadata quorum'
const withinMs = 5_000

/** Tells how the metadata log stands, on any process of the cluster: its leader knows, and is asked. */
export class MetadataQuorum {
  readonly voters: readonly QuorumVoter[]
  readonly #replica: Replica
  readonly #self: ReplicaId
  readonly #asks: Asks
  readonly #clock: Clock

  constructor(parts: {
    voters: readonly QuorumVoter[]
    replica: Replica
    self: ReplicaId
    asks: Asks
    clock: Clock
  }) {
    this.voters = parts.voters
    this.#replica = parts.replica
    this.#self = parts.self
    this.#asks = parts.asks
    this.#clock = parts.clock
    parts.asks.answer(subject, async () => {
      const known = this.#own()
      if (known === null) throw new Refusal('this process does not lead the metadata log')
      return encodeAskBody(known)
    })
  }

  /** Whether this process is the only voter: nobody has what it has not. */
  get isAlone(): boolean {
    return this.voters.every((voter) => isSameReplica(voter, this.#self))
  }

  /** Null: nobody leads who could be asked. */
  async describe(): Promise<QuorumDescription | null> {
    const own = this.#own()
    const leader = this.#replica.knownLeader
    if (own !== null || leader === null || leader === this.#self.broker) return own
    try {
      const told = await this.#asks.ask(leader, subject, new Uint8Array(0), withinMs)
      return decodeAskBody(told) as QuorumDescription
    } catch (error) {
      if (error instanceof AskFailed || error instanceof MalformedInput) return null
      throw error
    }
  }

  #own(): QuorumDescription | null {
    const { leads, epoch, highWatermark, log } = this.#replica
    if (!leads) return null
    const nowAt = this.#clock.nowMs()
    const nowMs = this.#clock.monotonicMs()
    const { logEndOffset } = log
    const at = (ms: number | null): Timestamp => (ms === null ? -1 : Math.round(nowAt - (nowMs - ms)))
    const self = { ...this.#self, logEndOffset, fetchedAt: nowAt, caughtUpAt: nowAt }
    const others = this.#replica.followers().map(({ broker, directory, logEndOffset: end, fetchedMs, caughtUpMs }) => {
      return { broker, directory, logEndOffset: end, fetchedAt: at(fetchedMs), caughtUpAt: at(caughtUpMs) }
    })
    const known = [self, ...others]
    const voters = this.voters.map(({ broker, directory }) => {
      const voter = known.find((each) => isSameReplica(each, { broker, directory }))
      return voter ?? { broker, directory, logEndOffset: -1, fetchedAt: -1, caughtUpAt: -1 }
    })
    const observers = known.filter((each) => !voters.includes(each))
    return { leader: this.#self.broker, epoch, highWatermark, voters, observers }
  }
}
