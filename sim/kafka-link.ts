import { BrokerConnection } from '../src/client/broker-connection.ts'
import { Cancelled, check } from '../src/client/kafka-error.ts'
import type { Api, RequestInputOf, ResponseOf } from '../src/codec/api.ts'
import { findCoordinator } from '../src/kafka/schema/find-coordinator.ts'
import type { Runtime } from '../src/runtime/runtime.ts'

/** How long one request may take, connecting included, in virtual ms. */
export const requestTimeoutMs = 2000

/** One broker, as a client calls it. */
export interface Caller {
  call<A extends Api>(api: A, body: RequestInputOf<A>, versionMax?: number): Promise<ResponseOf<A>>
  /** Sends what is not answered. */
  tell<A extends Api>(api: A, body: RequestInputOf<A>, versionMax: number): Promise<void>
}

/** A cluster, as a client finds its way in it; called itself, it takes any broker. */
export interface ClusterCaller extends Caller {
  leader(topic: string, partition: number): Promise<Caller>
  /** Also makes the topic of the groups. */
  coordinator(group: string): Promise<Caller>
  /** Where its consumers stand; empty: nowhere. */
  readonly rack: string
  /** Where the partition is read: at the leader, or at the replica that a consumer was sent to last. */
  reader(topic: string, partition: number): Promise<Caller>
  /** From now on the partition is read at that broker; null: at the leader. */
  readAt(topic: string, partition: number, broker: number | null): void
  /** Its connections are closed, and no other is opened: the process that has them is gone. */
  close(): void
}

export async function findCoordinatorBy(caller: Caller, group: string): Promise<number> {
  const answer = await caller.call(findCoordinator, { keyType: 0, coordinatorKeys: [group] })
  const found = answer.coordinators[0]
  check(found?.errorCode ?? -1, `finding the coordinator of ${group}`)
  return found?.nodeId ?? -1
}

/** One connection that is made anew, by the next request, after it was lost. */
export class KafkaLink implements ClusterCaller {
  readonly #runtime: Runtime
  readonly #address: { host: string; port: number }
  #connection: Promise<BrokerConnection> | null = null
  #isClosed = false

  constructor(runtime: Runtime, address: { host: string; port: number }) {
    this.#runtime = runtime
    this.#address = address
  }

  async call<A extends Api>(api: A, body: RequestInputOf<A>, versionMax?: number): Promise<ResponseOf<A>> {
    const connection = await this.#open()
    return connection.call(api, body, { timeoutMs: requestTimeoutMs, versionMax })
  }

  async tell<A extends Api>(api: A, body: RequestInputOf<A>, versionMax: number): Promise<void> {
    const connection = await this.#open()
    connection.tell(api, body, versionMax)
  }

  /** The only broker leads everything. */
  async leader(): Promise<Caller> {
    return this
  }

  async coordinator(group: string): Promise<Caller> {
    await findCoordinatorBy(this, group)
    return this
  }

  readonly rack = ''

  async reader(): Promise<Caller> {
    return this
  }

  readAt(): void {}

  close(): void {
    this.#isClosed = true
    this.#connection?.then(
      (connection) => connection.close(),
      () => {},
    )
  }

  async #open(): Promise<BrokerConnection> {
    if (this.#isClosed) throw new Cancelled('asking by a process that is gone')
    if (this.#connection !== null) {
      const connection = await this.#connection.catch(() => null)
      if (connection !== null && !connection.closed) return connection
    }
    this.#connection = BrokerConnection.open(this.#runtime, this.#address, {
      clientId: 'simulation',
      timeoutMs: requestTimeoutMs,
    })
    return this.#connection
  }
}
