import type { Runtime } from '../src/runtime/runtime.ts'
import type { SimDiskImage } from '../src/runtime/sim/sim-disk-image.ts'
import type { ReadRecord } from './history.ts'
import type { PlannedProducer, PlannedTopic } from './workload.ts'

/** What a run puts under test: how its broker is started, and how clients talk to it. */
export interface BrokerUnderTest {
  /** Starts a broker on what its disk holds; resolves when clients can work. */
  startBroker(runtime: Runtime, at: BrokerPlace): Promise<RunningBroker>
  /** By partition, the lowest offset that the broker's disk says may have been lost. Left out: it keeps no receipts. */
  receiptsOn?(disk: SimDiskImage): ReadonlyMap<string, number>
  /** By partition, the offset behind the last batch on its disk. Left out: not told. */
  endsOn?(disk: SimDiskImage): Readonly<Record<string, number>>
  openClient(runtime: Runtime, bootstrap: { host: string; port: number }): WorkloadClient
}

export interface BrokerPlace {
  readonly dataDirectory: string
  /** Where to listen, and what to advertise. */
  readonly host: string
  readonly port: number
  /** The broker's settings for this run, by Kafka's names. */
  readonly settings: Readonly<Record<string, string>>
}

export interface RunningBroker {
  /** Resolves if the broker cannot go on by itself. */
  readonly failed?: Promise<Error>
  /** State of a group that this broker coordinates, `Dead`: there is none; null: another one does. Left out: it has no groups. */
  groupState?(groupId: string): string | null
  /** Syncs everything and ends. */
  stop(): Promise<void>
}

/**
 * A client that tries each request once and rejects when it got no answer, or an error, in a bounded time. It connects
 * again by itself, on the next request.
 */
export interface WorkloadClient {
  createTopic(topic: PlannedTopic): Promise<void>
  openProducer(producer: PlannedProducer): WorkloadProducer
  /** Left out: this broker knows no members. */
  openMember?(plan: MemberPlan): WorkloadMember
  /** The first offset of the partition. */
  earliest(topic: string, partition: number): Promise<number>
  /** The first offset whose record is of `timestamp` or later, -1 if there is none. */
  offsetAt(topic: string, partition: number, timestamp: number): Promise<number>
  deleteRecords(topic: string, partition: number, before: number): Promise<void>
  /** Some records from `from` on, at the end what comes within `waitMs`; rejects when `from` is out of range. */
  read(topic: string, partition: number, from: number, waitMs: number): Promise<ReadRecord[]>
  /** The names of all topics. */
  topics(): Promise<string[]>
  deleteTopic(name: string): Promise<void>
  commit(group: string, topic: string, partition: number, offset: number): Promise<void>
  /** -1 when the group has none. */
  committed(group: string, topic: string, partition: number): Promise<number>
}

/** What a member of a group owns in one generation. */
export interface Ownership {
  readonly generation: number
  /** As `topic/partition`. */
  readonly partitions: readonly string[]
}

/** What a member is, and what its group shares. */
export interface MemberPlan {
  readonly group: string
  readonly topics: readonly PlannedTopic[]
  /** Null: a dynamic member. */
  readonly instanceId: string | null
  readonly cooperative: boolean
}

/**
 * A process that is a member of a group that rebalances. Each method rejects when the member has to join again, or got no
 * answer in a bounded time.
 */
export interface WorkloadMember {
  /**
   * Joins the next generation. `owned`: what it holds on to meanwhile, as `topic/partition`; `anew`: it says something else of
   * itself than before, which calls the others.
   */
  join(how: { readonly owned: readonly string[]; readonly anew: boolean }): Promise<void>
  /** What it owns in the generation that it has joined. */
  sync(): Promise<Ownership>
  heartbeat(): Promise<void>
  commit(topic: string, partition: number, offset: number): Promise<void>
  leave(): Promise<void>
  /** The process is gone: nothing that waits is answered. */
  close(): void
}

export interface WorkloadProducer {
  /**
   * Sends one batch; resolves with its base offset, null with acks 0. Calls are made one after the other. `again`: the
   * batch of the call before once more; an idempotent producer sends it with the same sequence number.
   */
  send(batch: {
    topic: string
    partition: number
    values: readonly string[]
    /** Of each value; left out: they have none. */
    keys?: readonly string[]
    again: boolean
  }): Promise<number | null>
}
