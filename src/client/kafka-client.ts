import type { Api, ResponseOf } from '../codec/api.ts'
import { findCoordinator } from '../kafka/schema/find-coordinator.ts'
import { metadata } from '../kafka/schema/metadata.ts'
import { type BodyFor, type BrokerAddress, BrokerConnection, type ClientRuntime } from './broker-connection.ts'
import { type ClusterView, clusterViewOf, type PartitionView, type TopicView } from './cluster-view.ts'
import { BrokerUnreachable, Cancelled, check, KafkaError } from './kafka-error.ts'
import { orCancelled, retrying } from './wait.ts'

export interface KafkaClientOptions {
  readonly runtime: ClientRuntime
  /** Brokers to ask first; any of them will do. */
  readonly bootstrap: readonly BrokerAddress[]
  readonly clientId?: string
  /** How long one request may take. Default 30 s. */
  readonly requestTimeoutMs?: number
  /** How long a call goes on trying while the trouble may pass. Default 60 s. */
  readonly retryTimeoutMs?: number
}

export interface Cancellable {
  readonly signal?: AbortSignal | undefined
}

/** Whom a request goes to: a broker by its id, the controller, or whoever answers. */
export type Destination = number | 'controller' | 'any'

/** Keeps calls that wait at the broker (long polls) from holding up others: a broker answers a connection in order. */
export type Lane = 'main' | 'fetch' | 'group'

const connectTimeoutMs = 10_000
const unknownTopic = 3
const coordinatorNotAvailable = 15

/** A cluster as a client sees it: who leads what, one connection per broker and lane, and trying again. */
export class KafkaClient {
  readonly runtime: ClientRuntime
  readonly requestTimeoutMs: number
  readonly retryTimeoutMs: number
  readonly #bootstrap: readonly BrokerAddress[]
  readonly #clientId: string
  readonly #connections = new Map<string, Promise<BrokerConnection>>()
  readonly #topics = new Map<string, TopicView>()
  readonly #coordinators = new Map<string, number>()
  #brokers = new Map<number, BrokerAddress>()
  #controller = -1
  readonly #ended = new AbortController()

  constructor(options: KafkaClientOptions) {
    this.runtime = options.runtime
    this.requestTimeoutMs = options.requestTimeoutMs ?? 30_000
    this.retryTimeoutMs = options.retryTimeoutMs ?? 60_000
    this.#bootstrap = options.bootstrap
    this.#clientId = options.clientId ?? 'trilog'
  }

  /** Aborts when the client is closed. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** One request to one broker, tried once. A broker that cannot be reached makes the next call look for others. */
  async call<A extends Api>(
    api: A,
    body: BodyFor<A>,
    options: Cancellable & {
      to: Destination
      lane?: Lane
      timeoutMs?: number
      versionMax?: number
    },
  ): Promise<ResponseOf<A>> {
    const connection = await this.connection(options.to, options.lane ?? 'main', options.signal)
    return connection.call(api, body, {
      timeoutMs: options.timeoutMs ?? this.requestTimeoutMs,
      signal: options.signal,
      versionMax: options.versionMax,
    })
  }

  /** Tries `attempt` until it works or its error is final, learning anew who leads before each further try. */
  retry<T>(attempt: (leftMs: number) => Promise<T>, options: Cancellable & { timeoutMs?: number } = {}): Promise<T> {
    const { clock, random } = this.runtime
    const timeoutMs = options.timeoutMs ?? this.retryTimeoutMs
    const signal = options.signal ?? this.ended
    return retrying({ clock, random, timeoutMs, signal }, async (leftMs) => {
      if (this.ended.aborted) throw new Cancelled('calling a broker')
      try {
        return await attempt(leftMs)
      } catch (error) {
        if (error instanceof BrokerUnreachable || (error instanceof KafkaError && error.cure === 'refresh'))
          this.forget()
        throw error
      }
    })
  }

  /** Drops what is known about who leads and coordinates. Connections stay. */
  forget(): void {
    this.#topics.clear()
    this.#coordinators.clear()
    this.#controller = -1
  }

  /** The open connection of a lane to a broker, made if there is none. */
  async connection(to: Destination, lane: Lane, signal?: AbortSignal): Promise<BrokerConnection> {
    if (this.ended.aborted) throw new Cancelled('calling a broker')
    if (to === 'any') return this.#anyConnection(lane, signal)
    if (to === 'controller') {
      if (this.#controller < 0) await this.describe([], { signal })
      return this.connection(this.#controller < 0 ? 'any' : this.#controller, lane, signal)
    }
    if (!this.#brokers.has(to)) await this.describe([], { signal })
    const address = this.#brokers.get(to)
    if (address === undefined) throw new BrokerUnreachable('unreachable', `broker ${to} is not in the cluster now`)
    return this.#connect(address, lane, signal)
  }

  /** Asks for topics; null: all. Makes none unless `create`. Errors of single topics are theirs (`errorCode`). */
  async describe(
    topics: readonly string[] | null,
    options: Cancellable & { create?: boolean } = {},
  ): Promise<ClusterView> {
    const asked = topics === null ? null : topics.map((name) => ({ name }))
    const body = { topics: asked, allowAutoTopicCreation: options.create ?? false }
    const view = clusterViewOf(await this.call(metadata, body, { to: 'any', signal: options.signal }))
    if (view.brokers.length > 0) this.#brokers = new Map(view.brokers.map((broker) => [broker.id, broker]))
    this.#controller = view.controller
    for (const topic of view.topics) this.#topics.set(topic.name, topic)
    return view
  }

  /** The topic as last seen, asked for when it is not known or something is wrong with it. */
  async topic(name: string, options: Cancellable & { create?: boolean } = {}): Promise<TopicView> {
    const known = this.#topics.get(name)
    if (known !== undefined && known.errorCode === 0) return known
    const view = await this.describe([name], options)
    const topic = view.topics[0]
    check(topic?.errorCode ?? unknownTopic, `topic ${name}`)
    return topic as TopicView
  }

  /** The topic as it is known now, without asking. */
  knownTopic(name: string): TopicView | undefined {
    const known = this.#topics.get(name)
    return known?.errorCode === 0 ? known : undefined
  }

  /** Who leads a partition. Throws a `KafkaError` that may pass when nobody does. */
  async leaderOf(topic: string, partition: number, options: Cancellable = {}): Promise<PartitionView> {
    const found = (await this.topic(topic, options)).partitions[partition]
    if (found === undefined) throw new KafkaError(unknownTopic, `partition ${partition} of topic ${topic}`)
    if (found.leader < 0) throw new KafkaError(5, `partition ${partition} of topic ${topic}`)
    return found
  }

  /** Id of the broker that coordinates a group. */
  async coordinatorOf(group: string, options: Cancellable = {}): Promise<number> {
    const known = this.#coordinators.get(group)
    if (known !== undefined) return known
    const body = (version: number) => (version < 4 ? { key: group } : { coordinatorKeys: [group] })
    const answer = await this.call(findCoordinator, body, { to: 'any', signal: options.signal })
    const found = answer.coordinators[0] ?? answer
    check(found.errorCode, `the coordinator of group ${group}`, found.errorMessage)
    if (found.nodeId < 0) throw new KafkaError(coordinatorNotAvailable, `the coordinator of group ${group}`)
    this.#brokers.set(found.nodeId, { host: found.host, port: found.port })
    this.#coordinators.set(group, found.nodeId)
    return found.nodeId
  }

  /** Closes every connection; calls that wait are rejected. */
  close(): void {
    this.#ended.abort()
    for (const opening of this.#connections.values())
      opening.then(
        (connection) => connection.close(),
        () => {},
      )
    this.#connections.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  /** Known brokers before those of the start: these may have moved on. */
  async #anyConnection(lane: Lane, signal: AbortSignal | undefined): Promise<BrokerConnection> {
    let last = new BrokerUnreachable('unreachable', 'no broker to ask is known')
    for (const address of [...this.#brokers.values(), ...this.#bootstrap]) {
      try {
        return await this.#connect(address, lane, signal)
      } catch (error) {
        if (!(error instanceof BrokerUnreachable)) throw error
        last = error
      }
    }
    throw last
  }

  async #connect(address: BrokerAddress, lane: Lane, signal: AbortSignal | undefined): Promise<BrokerConnection> {
    const key = `${lane} ${address.host}:${address.port}`
    const known = this.#connections.get(key)
    if (known !== undefined) {
      const connection = await orCancelled(known, 'connecting', signal)
      if (!connection.closed) return connection
      if (this.#connections.get(key) === known) this.#connections.delete(key)
      return this.#connect(address, lane, signal)
    }
    // Shared by all who want it: one caller's cancelling is not the others'.
    const opening = BrokerConnection.open(this.runtime, address, {
      clientId: this.#clientId,
      timeoutMs: Math.min(connectTimeoutMs, this.requestTimeoutMs),
    })
    this.#connections.set(key, opening)
    opening.then(
      (connection) => {
        if (this.ended.aborted) connection.close()
      },
      () => {
        if (this.#connections.get(key) === opening) this.#connections.delete(key)
      },
    )
    return orCancelled(opening, 'connecting', signal)
  }
}
