import type { Logger } from '../runtime/logger.ts'
import type { Connection, Listener } from '../runtime/network.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { BufferPool } from './buffer-pool.ts'
import { ClientConnection, type ConnectionBounds } from './connection.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { FrameResources } from './frame-reader.ts'
import { MemoryBound } from './memory-bound.ts'
import { RequestMemory } from './request-memory.ts'
import { UnreadAnswers } from './unread-answers.ts'

/** Most that one read takes from a socket. */
const landingBytes = 64 * 1024
const idleSweepMs = 60_000

export interface ListenerSettings {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  /** `socket.request.max.bytes`. */
  readonly frameBytesMax: number
  /** `queued.max.request.bytes`: of all connections together. */
  readonly requestBytesMax: number
  /** `queued.max.response.bytes`: of all connections together. */
  readonly answerBytesMax: number
  /** `connection.unsent.max.ms`. */
  readonly unsentMaxMs: number
  /** Frame buffers that are kept for reuse. */
  readonly pooledBytesMax: number
  /** `max.connections`. */
  readonly connectionsMax: number
  /** `connections.max.idle.ms`. */
  readonly idleMs: number
  readonly bounds: ConnectionBounds
}

/** Takes Kafka clients' connections on one port. */
export class KafkaListener {
  readonly #runtime: Runtime
  readonly #settings: ListenerSettings
  readonly #dispatcher: Dispatcher
  readonly #resources: FrameResources
  readonly #answers: MemoryBound
  readonly #unread: UnreadAnswers
  readonly #logger: Logger
  readonly #connections = new Set<ClientConnection>()
  #listener: Listener | null = null
  #nextId = 1
  #stopSweep: () => void = () => {}
  #allClosed: (() => void) | null = null

  constructor(parts: { runtime: Runtime; settings: ListenerSettings; dispatcher: Dispatcher }) {
    this.#runtime = parts.runtime
    this.#settings = parts.settings
    this.#dispatcher = parts.dispatcher
    this.#logger = parts.runtime.logger
    this.#resources = {
      landing: Buffer.allocUnsafeSlow(landingBytes),
      pool: new BufferPool(parts.settings.pooledBytesMax),
      memory: new RequestMemory(parts.settings.requestBytesMax),
      frameBytesMax: parts.settings.frameBytesMax,
    }
    this.#answers = new MemoryBound(parts.settings.answerBytesMax)
    this.#unread = new UnreadAnswers({
      clock: parts.runtime.clock,
      logger: this.#logger,
      connections: this.#connections,
      memory: this.#answers,
      unsentMaxMs: parts.settings.unsentMaxMs,
    })
    parts.runtime.metrics.observe(
      { name: 'trilog_kafka_connections', help: 'Open connections of Kafka clients.', kind: 'gauge' },
      () => [{ value: this.#connections.size }],
    )
    parts.runtime.metrics.observe(
      { name: 'trilog_kafka_request_buffer_bytes', help: 'Bytes that unanswered requests hold.', kind: 'gauge' },
      () => [{ value: this.#resources.memory.usedBytes }],
    )
    parts.runtime.metrics.observe(
      { name: 'trilog_kafka_answer_buffer_bytes', help: 'Bytes that unsent answers hold.', kind: 'gauge' },
      () => [{ value: this.#answers.usedBytes }],
    )
  }

  /** Begins to listen; resolves with the port. */
  async start(): Promise<number> {
    const { host, port } = this.#settings
    this.#listener = await this.#runtime.network.listen({ host, port }, (connection) => this.#accept(connection))
    this.#sweepIdle()
    return this.#listener.port
  }

  /** Takes no more connections and requests, answers those that wait, at most `graceMs` long, then closes all. */
  async stop(graceMs: number): Promise<void> {
    this.#stopSweep()
    this.#unread.stop()
    await this.#listener?.close()
    for (const connection of [...this.#connections]) connection.drain()
    if (this.#connections.size === 0) return
    await new Promise<void>((resolve) => {
      const timer = this.#runtime.clock.setTimer(graceMs, resolve)
      this.#allClosed = () => {
        timer.cancel()
        resolve()
      }
    })
    for (const connection of [...this.#connections]) connection.destroy()
  }

  #accept(connection: Connection): void {
    if (this.#connections.size >= this.#settings.connectionsMax) {
      const { connectionsMax } = this.#settings
      this.#logger.warn({ client: connection.remote.host, connectionsMax }, 'a connection too many is closed')
      connection.destroy()
      return
    }
    const client = new ClientConnection({
      connection,
      id: this.#nextId++,
      dispatcher: this.#dispatcher,
      resources: this.#resources,
      answers: this.#answers,
      bounds: this.#settings.bounds,
      logger: this.#logger,
      nowMs: () => this.#runtime.clock.monotonicMs(),
      onClosed: (closed) => this.#onClosed(closed),
    })
    this.#connections.add(client)
    connection.start(client)
  }

  #onClosed(connection: ClientConnection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#allClosed?.()
  }

  /** One timer for all: a timer for each idle connection would be thousands. */
  #sweepIdle(): void {
    const { idleMs, unsentMaxMs } = this.#settings
    const timer = this.#runtime.clock.setTimer(Math.min(idleSweepMs, idleMs, unsentMaxMs), () => {
      const since = this.#runtime.clock.monotonicMs() - idleMs
      for (const connection of [...this.#connections]) if (connection.lastUsedMs < since) connection.destroy()
      this.#unread.sweep()
      this.#sweepIdle()
    })
    this.#stopSweep = () => timer.cancel()
  }
}
