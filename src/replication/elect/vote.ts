import type { LeaderEpoch } from '../../record/offset.ts'
import type { LogPosition } from '../log-position.ts'
import type { BrokerId, ReplicaId } from '../replica-id.ts'

/** A replica asks for a vote. */
export interface VoteRequest {
  readonly type: 'vote-request'
  /** The epoch that it stands in, or would stand in. */
  readonly epoch: LeaderEpoch
  readonly candidate: ReplicaId
  readonly log: LogPosition
  /** It only asks whether it would be elected; nobody promises anything (Raft thesis, section 9.6; KIP-996). */
  readonly pre: boolean
}

/** The answer to a `VoteRequest` of the same `epoch` and `pre`. */
export interface Vote {
  readonly type: 'vote'
  readonly epoch: LeaderEpoch
  readonly pre: boolean
  readonly voter: ReplicaId
  readonly granted: boolean
  /** The voter's own epoch, and who leads in it as far as it knows; null: nobody. */
  readonly voterEpoch: LeaderEpoch
  readonly leader: BrokerId | null
}

/** Somebody leads: said by the leader itself when it is elected and to whoever comes later, or by one who knows it. */
export interface Led {
  readonly type: 'led'
  readonly epoch: LeaderEpoch
  readonly leader: BrokerId
}

/** A leader hands over: who follows it and has all of this log is to stand at once (Raft thesis, section 3.10). */
export interface Stand {
  readonly type: 'stand'
  readonly epoch: LeaderEpoch
  readonly leader: BrokerId
  /** The leader's log when it said so. */
  readonly log: LogPosition
}

export type ElectionMessage = VoteRequest | Vote | Led | Stand
