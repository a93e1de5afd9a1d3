/** Where clients reach a broker. */
export interface BrokerEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/** Which broker coordinates what; given by the broker. */
export interface CoordinatorLocator {
  /** Partitions of `__consumer_offsets`. */
  readonly partitions: number
  /**
   * Makes `__consumer_offsets` if it is not there. Resolves with true once it exists and the partitions that this
   * broker leads are loaded, with false when that can't be now; never rejects.
   */
  ensure(): Promise<boolean>
  /** The leader of that partition of `__consumer_offsets`, null: none at the moment. */
  brokerFor(partition: number, listenerName: string): BrokerEndpoint | null
  /** This broker, as its clients reach it. */
  self(listenerName: string): BrokerEndpoint
}
