import type { LeaderEpoch, Offset, Timestamp } from '../record/offset.ts'

/** A committed offset as `__consumer_offsets` keeps it. */
export interface CommittedOffset {
  /** The next offset that the group will read. */
  readonly offset: Offset
  /** Epoch of the last record read, -1 when the client does not say. */
  readonly leaderEpoch: LeaderEpoch
  /** What the client keeps beside it; never null. */
  readonly metadata: string
  readonly commitTimestamp: Timestamp
  /** When an old client wants it gone (OffsetCommit before version 5), -1: after the broker's retention. */
  readonly expireTimestamp: Timestamp
  /** Id of the topic at the commit; null when it was not kept. An offset of a deleted topic is none of its namesake's. */
  readonly topicId: string | null
}

/** One member in a group's record. */
export interface StoredMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  /** Metadata of the group's protocol, opaque. */
  readonly subscription: Uint8Array
  readonly assignment: Uint8Array
}

/** A group as `__consumer_offsets` keeps it: the last generation whose assignment was committed, or an empty one. */
export interface StoredGroup {
  /** Empty for a group that never had members. */
  readonly protocolType: string
  readonly generation: number
  readonly protocol: string | null
  readonly leader: string | null
  /** When the group came into this state, -1 in records of old versions. */
  readonly stateTimestamp: Timestamp
  readonly members: readonly StoredMember[]
}

/** One fact about groups. A null value deletes the fact. */
export type GroupRecord =
  | {
      readonly type: 'offset'
      readonly groupId: string
      readonly topic: string
      readonly partition: number
      readonly value: CommittedOffset | null
    }
  | { readonly type: 'group'; readonly groupId: string; readonly value: StoredGroup | null }
