/** Number of a broker, from `node.id`. */
export type BrokerId = number

/**
 * One replica: a broker *and* the folder that it keeps the log in. A known broker with an unknown folder is another
 * replica, which has none of the old one's records (KIP-858, KIP-853).
 */
export interface ReplicaId {
  readonly broker: BrokerId
  /** Kafka's 22-character form of the folder's random id. */
  readonly directory: string
}

export function isSameReplica(one: ReplicaId, other: ReplicaId): boolean {
  return one.broker === other.broker && one.directory === other.directory
}
