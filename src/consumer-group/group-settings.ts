/** What an operator sets for consumer groups. Names and defaults are Kafka's but where a field says otherwise. */
export interface GroupSettings {
  /** `group.initial.rebalance.delay.ms`: how long the first rebalance of an empty group waits for more members. */
  readonly initialRebalanceDelayMs: number
  /** `group.min.session.timeout.ms`: a JoinGroup that asks for less is refused. */
  readonly sessionTimeoutMsMin: number
  /** `group.max.session.timeout.ms`: a JoinGroup that asks for more is refused. */
  readonly sessionTimeoutMsMax: number
  /** `group.max.size`: members of one group; more are refused. */
  readonly groupMembersMax: number
  /** `offsets.retention.minutes` in ms: how long an offset outlives its group's last use. */
  readonly offsetsRetentionMs: number
  /** `offsets.retention.check.interval.ms`. */
  readonly offsetsRetentionCheckIntervalMs: number
  /** `offsets.commit.timeout.ms`: how long a client waits for a commit or a deletion; it may be done still. */
  readonly commitTimeoutMs: number
  /** `offset.metadata.max.bytes`: length of the string that a client keeps beside an offset. */
  readonly offsetMetadataMax: number
  /**
   * Not Kafka's: ids given out to members that have not come back with them, per group. More are refused as a full
   * group is. Kafka has no bound here; a client that asks for ids in a loop would fill its memory.
   */
  readonly pendingMembersMax: number
  /**
   * Not Kafka's: bytes of all protocols of one member. All members of a group go into one record, so a member beyond
   * the record's bound could never complete a rebalance.
   */
  readonly memberMetadataBytesMax: number
}

export const defaultGroupSettings: GroupSettings = {
  initialRebalanceDelayMs: 3_000,
  sessionTimeoutMsMin: 6_000,
  sessionTimeoutMsMax: 1_800_000,
  groupMembersMax: 2_147_483_647,
  offsetsRetentionMs: 10_080 * 60_000,
  offsetsRetentionCheckIntervalMs: 600_000,
  commitTimeoutMs: 5_000,
  offsetMetadataMax: 4_096,
  pendingMembersMax: 10_000,
  memberMetadataBytesMax: 1_000_000,
}

/**
 * A new member can't send heartbeats before its JoinGroup is answered, and a parked JoinGroup can't show that its
 * client has gone. Members that are new are dropped after this long, so that clients which time out and ask again do
 * not pile up (5 minutes, as Kafka).
 */
export const newMemberJoinTimeoutMs = 300_000
