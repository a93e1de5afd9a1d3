import type { Timer } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Connection, Listener } from '../runtime/network.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { Arrivals, type ConnectionLimits } from './arrivals.ts'
import { BegunRequests } from './begun-requests.ts'
import { BufferPool } from './buffer-pool.ts'
import { ClientConnection, type ConnectionBounds } from './connection.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { FrameResources } from './frame-reader.ts'
import { type GiveUp, givingUp } from './give-up.ts'
import { HeavyTurns } from './heavy-turns.ts'
import { MemoryBound } from './memory-bound.ts'
import { TurnedAwayLog } from './turned-away-log.ts'
import { UnreadAnswers } from './unread-answers.ts'

/** Most that one read takes from a socket. */
const landingBytes = 64 * 1024
const idleSweepMs = 60_000
/** How often it is looked at whether connections are to be closed because there may be fewer now, or were turned away. */
const lookMs = 1_000

export interface ListenerSettings {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  /** `socket.request.max.bytes`. */
  readonly frameBytesMax: number
  /** `queued.max.request.bytes`: of all connections together. Half of it for requests that have begun to come. */
  readonly requestBytesMax: number
  /** `queued.max.response.bytes`: of all connections together. */
  readonly answerBytesMax: number
  /** `connection.unsent.max.ms`. */
  readonly unsentMaxMs: number
  /** `connection.stalled.max.ms`. */
  readonly stalledMaxMs: number
  /** Frame buffers that are kept for reuse. */
  readonly pooledBytesMax: number
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
  readonly #requests: MemoryBound
  readonly #answers: MemoryBound
  readonly #turns: HeavyTurns
  readonly #begun: BegunRequests
  readonly #unread: UnreadAnswers
  readonly #giveUp: GiveUp
  readonly #logger: Logger
  readonly #connections = new Set<ClientConnection>()
  readonly #arrivals: Arrivals
  readonly #turnedAway: TurnedAwayLog
  #listener: Listener | null = null
  #nextId = 1
  #sweep: Timer | null = null
  #look: Timer | null = null
  #allClosed: (() => void) | null = null

  /** `limits` tells what is in force at the time. */
  constructor(parts: {
    runtime: Runtime
    settings: ListenerSettings
    limits: () => ConnectionLimits
    dispatcher: Dispatcher
  }) {
    this.#runtime = parts.runtime
    this.#settings = parts.settings
    this.#dispatcher = parts.dispatcher
    this.#logger = parts.runtime.logger
    this.#resources = {
      landing: Buffer.allocUnsafeSlow(landingBytes),
      pool: new BufferPool(parts.settings.pooledBytesMax),
      memory: new MemoryBound(Math.ceil(parts.settings.requestBytesMax / 2)),
      ownBytes: parts.settings.bounds.ownBytes,
      frameBytesMax: parts.settings.frameBytesMax,
      nowMs: () => parts.runtime.clock.monotonicMs(),
    }
    this.#requests = new MemoryBound(Math.ceil(parts.settings.requestBytesMax / 2))
    this.#answers = new MemoryBound(parts.settings.answerBytesMax)
    this.#turns = new HeavyTurns(parts.runtime.clock)
    const { unsentMaxMs, stalledMaxMs } = parts.settings
    this.#giveUp = givingUp(this.#logger)
    const shared = { clock: parts.runtime.clock, connections: this.#connections, giveUp: this.#giveUp }
    this.#begun = new BegunRequests({ ...shared, memory: this.#resources.memory, stalledMaxMs })
    this.#unread = new UnreadAnswers({ ...shared, memory: this.#answers, unsentMaxMs })
    this.#turnedAway = new TurnedAwayLog(this.#logger, parts.runtime.metrics)
    this.#arrivals = new Arrivals({
      clock: parts.runtime.clock,
      limits: parts.limits,
      open: (connection) => this.#open(connection),
      turnAway: (connection, why) => {
        this.#turnedAway.note(connection, why)
        this.#lookLater()
        connection.destroy()
      },
    })
    parts.runtime.metrics.observe(
      { name: 'trilog_kafka_connections', help: 'Open connections of Kafka clients.', kind: 'gauge' },
      () => [{ value: this.#connections.size }],
    )
    parts.runtime.metrics.observe(
      {
        name: 'trilog_kafka_connections_waiting',
        help: 'Connections that wait until others are closed, or for their turn where they come too fast.',
        kind: 'gauge',
      },
      () => [{ value: this.#arrivals.waiting }],
    )
    parts.runtime.metrics.observe(
      { name: 'trilog_kafka_request_buffer_bytes', help: 'Bytes that unanswered requests hold.', kind: 'gauge' },
      () => [{ value: this.#resources.memory.usedBytes + this.#requests.usedBytes }],
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
    return this.#listener.port
  }

  /** Takes no more connections and requests, answers those that wait, at most `graceMs` long, then closes all. */
  async stop(graceMs: number): Promise<void> {
    this.#sweep?.cancel()
    this.#look?.cancel()
    this.#arrivals.stop()
    this.#begun.stop()
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
    this.#turns.arrived()
    this.#arrivals.arrived(connection)
  }

  #open(connection: Connection): void {
    const client = new ClientConnection({
      connection,
      id: this.#nextId++,
      dispatcher: this.#dispatcher,
      resources: this.#resources,
      requests: this.#requests,
      answers: this.#answers,
      turns: this.#turns,
      bounds: this.#settings.bounds,
      logger: this.#logger,
      nowMs: () => this.#runtime.clock.monotonicMs(),
      onClosed: (closed) => {
        this.#connections.delete(closed)
        this.#arrivals.closed(connection)
        if (this.#connections.size === 0) this.#allClosed?.()
      },
    })
    this.#connections.add(client)
    this.#sweepLater()
    this.#lookLater()
    connection.start(client)
  }

  /** One timer for all, a timer for each idle connection would be thousands; and none while there are none. */
  #sweepLater(): void {
    const { idleMs, unsentMaxMs, stalledMaxMs } = this.#settings
    this.#sweep ??= this.#runtime.clock.setTimer(Math.min(idleSweepMs, idleMs, unsentMaxMs, stalledMaxMs), () => {
      this.#sweep = null
      const since = this.#runtime.clock.monotonicMs() - idleMs
      for (const connection of [...this.#connections]) if (connection.lastUsedMs < since) connection.destroy()
      this.#begun.sweep()
      this.#unread.sweep()
      if (this.#connections.size > 0) this.#sweepLater()
    })
  }

  /** For as long as there is anybody who may be one too many, or to tell of. */
  #lookLater(): void {
    this.#look ??= this.#runtime.clock.setTimer(lookMs, () => {
      this.#look = null
      this.#turnedAway.tell()
      if (this.#arrivals.excess > 0) this.#closeLeastUsed(this.#arrivals.excess)
      if (this.#connections.size > 0) this.#lookLater()
    })
  }

  /** The most was lowered: those that have been silent for the longest time go. */
  #closeLeastUsed(count: number): void {
    const byUse = [...this.#connections].sort((one, other) => one.lastUsedMs - other.lastUsedMs)
    this.#giveUp(byUse.slice(0, count), 'there are more than there may be')
  }
}
