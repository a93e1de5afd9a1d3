/// <reference lib="esnext.disposable" preserve="true" />

/** A cluster whose brokers run in this process. Ended by `stop`, or by leaving the block of its `await using`. */
export interface Cluster {
  /** Where clients connect: HOST:PORT of each broker that runs. */
  readonly bootstrapServers: readonly string[]
  /** The brokers, by id from 1 on. */
  readonly brokers: readonly ClusterBroker[]
  /** Makes a topic that clients can use when it resolves. Rejects with the brokers' reason, for example for one that is there. */
  createTopic(name: string, options?: TopicOptions): Promise<void>
  /** Deletes a topic with its records. */
  deleteTopic(name: string): Promise<void>
  /** Stops the brokers cleanly and removes the data, unless its folder was given. Later calls wait for the same end. */
  stop(): Promise<void>
  /** The same as `stop`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** One broker of a cluster. */
export interface ClusterBroker {
  readonly id: number
  /** Where it takes Kafka clients. Stays the same through stops and starts. */
  readonly kafka: { readonly host: string; readonly port: number }
  /** Where it serves /metrics and /health; null without `http: true`, and while it is stopped. */
  readonly http: { readonly host: string; readonly port: number } | null
  readonly running: boolean
  /** Stops this broker cleanly: its clients lose it until it is started again. Does nothing when it is stopped. */
  stop(): Promise<void>
  /** Starts it again on its data and its port. Does nothing when it runs. */
  start(): Promise<void>
}

export interface TopicOptions {
  /** Default: the broker's `num.partitions`. */
  readonly partitions?: number
  /** Default: the broker's `default.replication.factor`. */
  readonly replicationFactor?: number
  /** Settings of the topic by Kafka's names, for example `{ 'flush.messages': 1 }`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
}
