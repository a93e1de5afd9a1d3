/** Why a group request was not done. Each code has one meaning and one Kafka error (see the handlers' table). */
export type GroupRefusalCode =
  /** This broker does not lead the group's partition, or stopped leading it before the answer. */
  | 'not-coordinator'
  /** The partition's records are being read. */
  | 'coordinator-loading'
  /** The record could not be committed now; asking again may help. */
  | 'coordinator-not-available'
  | 'invalid-group-id'
  | 'invalid-session-timeout'
  /** No such member in the group, or no such group. */
  | 'unknown-member'
  /** Join again, with the member id in the answer. */
  | 'member-id-required'
  /** Another member has taken the group instance id. */
  | 'fenced-instance'
  /** No protocol that all members know, or another protocol type than the group's. */
  | 'inconsistent-protocol'
  | 'group-full'
  /** The member's protocols are larger than the bound. */
  | 'metadata-too-large'
  | 'illegal-generation'
  | 'rebalance-in-progress'
  | 'group-not-found'
  | 'group-not-empty'
  | 'group-subscribed'
  | 'offset-metadata-too-large'
  /** The commit's record is larger than the topic takes. */
  | 'commit-too-large'
  | 'unknown-topic'
  | 'unknown-topic-id'
  /** The group's record is larger than the topic takes. */
  | 'group-too-large'
