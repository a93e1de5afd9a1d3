import type { LeaderEpoch, Offset, Timestamp } from '../record/offset.ts'
import type { GroupRecord } from './group-record.ts'
import type { GroupRefusalCode } from './group-refusal.ts'
import type { AppendRefusalCode } from './offsets-topic.ts'

/** Names a request that waits for its answer; given by whoever steps the core, never reused. */
export type Ticket = number

/** One protocol (assignor) that a member knows, with the bytes that the leader will get. */
export interface MemberProtocol {
  readonly name: string
  readonly metadata: Uint8Array
}

export interface JoinRequest {
  readonly type: 'join'
  readonly groupId: string
  /** Empty for a member that has no id yet. */
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: readonly MemberProtocol[]
  /** The caller knows the two-step join (JoinGroup version 4 on). */
  readonly requiresMemberId: boolean
  /** The caller understands that a leader may skip the assignment (version 9 on). */
  readonly canSkipAssignment: boolean
  readonly reason: string | null
  /** A fresh unique id, used if the member needs one. */
  readonly freshId: string
}

export interface SyncRequest {
  readonly type: 'sync'
  readonly groupId: string
  readonly generation: number
  readonly memberId: string
  readonly instanceId: string | null
  /** Null before version 5. */
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[]
}

export interface HeartbeatRequest {
  readonly type: 'heartbeat'
  readonly groupId: string
  readonly generation: number
  readonly memberId: string
  readonly instanceId: string | null
}

export interface LeaveRequest {
  readonly type: 'leave'
  readonly groupId: string
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    readonly reason: string | null
  }[]
}

export interface CommitTopic {
  readonly topic: string
  readonly topicId: string | null
  readonly partitions: readonly {
    readonly partition: number
    readonly offset: Offset
    readonly leaderEpoch: LeaderEpoch
    readonly metadata: string | null
  }[]
}

export interface CommitRequest {
  readonly type: 'commit'
  readonly groupId: string
  /** -1 from a client that uses the group only to keep offsets. */
  readonly generation: number
  readonly memberId: string
  readonly instanceId: string | null
  /** -1: the broker's retention. */
  readonly retentionMs: number
  /** The caller knows GROUP_ID_NOT_FOUND (version 9 on). */
  readonly knowsGroupNotFound: boolean
  readonly topics: readonly CommitTopic[]
}

export interface DeleteOffsetsRequest {
  readonly type: 'delete-offsets'
  readonly groupId: string
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
}

export interface DeleteGroupRequest {
  readonly type: 'delete-group'
  readonly groupId: string
}

/** Requests that may change a group. Reads are methods of the core. */
export type GroupRequest =
  | JoinRequest
  | SyncRequest
  | HeartbeatRequest
  | LeaveRequest
  | CommitRequest
  | DeleteOffsetsRequest
  | DeleteGroupRequest

export interface JoinAnswer {
  readonly code: 'ok' | GroupRefusalCode
  /** Also in a refusal: the id to come back with, or none. */
  readonly memberId: string
  readonly generation: number
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly leader: string
  readonly skipAssignment: boolean
  /** For the leader: all members with their metadata. Empty for the others. */
  readonly members: readonly { memberId: string; instanceId: string | null; metadata: Uint8Array }[]
}

export interface SyncAnswer {
  readonly code: 'ok' | GroupRefusalCode
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly assignment: Uint8Array
}

export interface HeartbeatAnswer {
  readonly code: 'ok' | GroupRefusalCode
}

export interface LeaveAnswer {
  readonly code: 'ok' | GroupRefusalCode
  readonly members: readonly { memberId: string; instanceId: string | null; code: 'ok' | GroupRefusalCode }[]
}

/** Of OffsetCommit and OffsetDelete: `code` is the whole request's; `topics` is empty unless it is ok. */
export interface OffsetsAnswer {
  readonly code: 'ok' | GroupRefusalCode
  readonly topics: readonly {
    topic: string
    partitions: readonly { partition: number; code: 'ok' | GroupRefusalCode }[]
  }[]
}

export interface GroupAnswers {
  join: JoinAnswer
  sync: SyncAnswer
  heartbeat: HeartbeatAnswer
  leave: LeaveAnswer
  commit: OffsetsAnswer
  'delete-offsets': OffsetsAnswer
  'delete-group': { readonly code: 'ok' | GroupRefusalCode }
}

export type GroupAnswer = GroupAnswers[keyof GroupAnswers]

/** Timers of a core. Setting one replaces the earlier one of the same name. */
export type GroupTimer =
  /** The member is silent for too long. */
  | { readonly type: 'session'; readonly groupId: string; readonly memberId: string }
  /** The members have had their time to (re)join. */
  | { readonly type: 'join'; readonly groupId: string }
  /** The members have had their time to ask for their assignment. */
  | { readonly type: 'sync'; readonly groupId: string }
  /** Old offsets and empty groups are looked for. */
  | { readonly type: 'expiry' }

export type GroupEvent =
  | { readonly type: 'request'; readonly ticket: Ticket; readonly request: GroupRequest; readonly nowMs: Timestamp }
  | { readonly type: 'timer'; readonly timer: GroupTimer; readonly nowMs: Timestamp }
  /** The append's records are committed. Appends are committed in the order of their numbers. */
  | { readonly type: 'committed'; readonly append: number; readonly nowMs: Timestamp }
  | { readonly type: 'refused'; readonly append: number; readonly code: AppendRefusalCode; readonly nowMs: Timestamp }
  /** All records of the partition have been replayed; requests may come from now on. */
  | { readonly type: 'loaded'; readonly nowMs: Timestamp }
  /** Another broker leads the partition, or none: everyone who waits is told, the core is done. */
  | { readonly type: 'resigned'; readonly nowMs: Timestamp }
  | { readonly type: 'topics-deleted'; readonly topics: readonly string[]; readonly nowMs: Timestamp }

/** Something that an operator may want to read in the log. */
export interface GroupNote {
  readonly what: 'rebalance-started' | 'generation-stable' | 'group-empty' | 'group-deleted' | 'offsets-expired'
  readonly groupId: string
  readonly generation: number
  readonly members: number
  readonly reason: string | null
}

export type GroupEffect =
  /** One batch. What waits for it is answered by the effects of the event `committed` or `refused` of that number. */
  | { readonly type: 'append'; readonly append: number; readonly records: readonly GroupRecord[] }
  | { readonly type: 'answer'; readonly ticket: Ticket; readonly answer: GroupAnswer }
  | { readonly type: 'set-timer'; readonly timer: GroupTimer; readonly delayMs: number }
  | { readonly type: 'cancel-timer'; readonly timer: GroupTimer }
  | { readonly type: 'note'; readonly note: GroupNote }
