import type { BrokerId } from '../replication/replica-id.ts'
import type { Timer } from '../runtime/clock.ts'
import type { Connection, Listener } from '../runtime/network.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { Liveness } from './liveness.ts'
import type { PeerFrame, PeerFrameInput } from './peer-frames.ts'
import type { PeerAddress, PeerId } from './peer-id.ts'
import { PeerStream } from './peer-stream.ts'

export interface PeerSettings {
  readonly clusterId: string
  readonly self: PeerId
  readonly listen: PeerAddress
  /** Brokers whose addresses every broker is started with: whoever is none of them dials them. */
  readonly hubs: ReadonlySet<BrokerId>
  /** How often a broker says that it lives, to each of the others. */
  readonly beatMs: number
  /** A broker of which nothing was heard for so long is silent. */
  readonly silenceMs: number
  readonly frameBytesMax: number
}

export interface PeersSink {
  received?(from: PeerId, frame: PeerFrame): void
  /** A stream to that broker is there, a new one if there was one before: what was on its way then is lost. */
  connected?(peer: PeerId): void
  disconnected?(peer: PeerId): void
  /** The set of silent brokers has changed. */
  silent?(brokers: ReadonlySet<BrokerId>): void
}

interface Peer {
  readonly stream: PeerStream
  readonly id: PeerId
}

/** A broker whose stream has closed is tried at once, then after so long each, then with every beat. */
const triesAgainMs = [5, 10, 20, 40]

/**
 * One stream to each of the other brokers, with a beat on it. Of two brokers the one that is no hub dials, else the one
 * with the lower id, again and again; a new stream takes the place of an old one. Silence is per broker: groups have no
 * timers of their own for it, and who knows of no other broker has none at all.
 *
 * A stream that closes is a hint, no verdict: both sides try the other's port at once, and one that refuses is silent then. A
 * process that is just ending may still take a connection, so it is tried until it refuses or comes back.
 */
export class Peers {
  readonly #runtime: Runtime
  readonly #settings: PeerSettings
  readonly #sinks: PeersSink[] = []
  readonly #addresses = new Map<BrokerId, PeerAddress>()
  readonly #peers = new Map<BrokerId, Peer>()
  readonly #liveness: Liveness
  readonly #trying = new Set<BrokerId>()
  /** Brokers whose stream has closed, and of whom it is not known yet whether they live: how often they were tried since. */
  readonly #unclear = new Map<BrokerId, number>()
  #listener: Listener | null = null
  /** Null: it has not started, or knows of nobody. */
  #beat: Timer | null = null
  #isClosed = false

  constructor(runtime: Runtime, settings: PeerSettings) {
    this.#runtime = runtime
    this.#settings = settings
    this.#liveness = new Liveness(settings.silenceMs)
  }

  /** This process, as the others know it. */
  get identity(): PeerId {
    return this.#settings.self
  }

  get self(): BrokerId {
    return this.#settings.self.broker
  }

  /** Brokers of which nothing is heard; at first all that are known. */
  get silent(): ReadonlySet<BrokerId> {
    return this.#liveness.silent
  }

  /** The port for brokers, once it listens. */
  get port(): number {
    return this.#listener?.port ?? this.#settings.listen.port
  }

  *connected(): Iterable<PeerId> {
    for (const { id } of this.#peers.values()) yield id
  }

  /** The process of that broker that is in touch; null: none. */
  incarnationOf(broker: BrokerId): string | null {
    return this.#peers.get(broker)?.id.incarnation ?? null
  }

  listen(sink: PeersSink): void {
    this.#sinks.push(sink)
  }

  /** From now on that broker is one of those to be in touch with, at that address. */
  know(broker: BrokerId, address: PeerAddress): void {
    if (broker === this.#settings.self.broker) return
    this.#addresses.set(broker, address)
    if (this.#liveness.know(broker)) this.#judge()
    this.#beginToBeat()
    if (this.#beat !== null && !this.#peers.has(broker) && this.#dials(broker)) void this.#try(broker)
  }

  /** That broker is gone for good. */
  forget(broker: BrokerId): void {
    this.#addresses.delete(broker)
    this.#unclear.delete(broker)
    this.#liveness.forget(broker)
    this.#peers.get(broker)?.stream.close('the broker is gone for good')
    this.#judge()
  }

  /** Begins to listen and to dial. */
  async start(): Promise<void> {
    const { network, clock } = this.#runtime
    this.#listener = await network.listen(this.#settings.listen, (connection) => this.#converse(connection))
    this.#tick(clock.monotonicMs())
  }

  /** False: there is no stream to that broker, and `sent` is never called. */
  send(to: BrokerId, frame: PeerFrameInput, sent?: () => void): boolean {
    const peer = this.#peers.get(to)
    peer?.stream.send(frame, sent)
    return peer !== undefined
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#beat?.cancel()
    for (const { stream } of [...this.#peers.values()]) stream.close('the broker stops')
    await this.#listener?.close()
  }

  #dials(broker: BrokerId): boolean {
    const { hubs, self } = this.#settings
    if (hubs.has(self.broker) !== hubs.has(broker)) return hubs.has(broker)
    return self.broker < broker
  }

  #tick(dueMs: number): void {
    const { clock } = this.#runtime
    const { beatMs } = this.#settings
    const nowMs = clock.monotonicMs()
    // This process has stood still itself: it cannot have heard anybody.
    this.#liveness.forgive(nowMs - dueMs - beatMs)
    for (const { stream } of this.#peers.values()) stream.send({ type: 'beat' })
    for (const broker of this.#addresses.keys()) {
      if (!this.#peers.has(broker) && (this.#dials(broker) || this.#unclear.has(broker))) void this.#try(broker)
    }
    this.#judge()
    this.#beat = this.#liveness.knowsNobody ? null : clock.setTimer(beatMs, () => this.#tick(nowMs + beatMs))
  }

  #beginToBeat(): void {
    if (this.#beat === null && this.#listener !== null && !this.#isClosed) {
      this.#tick(this.#runtime.clock.monotonicMs())
    }
  }

  /** Connects to the broker's port: to converse if it is this side that dials, else to see whether anybody is there. */
  async #try(broker: BrokerId): Promise<void> {
    const address = this.#addresses.get(broker)
    if (address === undefined || this.#trying.has(broker)) return
    this.#trying.add(broker)
    try {
      const connection = await this.#runtime.network.connect(address, { timeoutMs: this.#settings.silenceMs })
      if (!this.#isClosed && this.#dials(broker)) return this.#converse(connection, () => this.#tryAgain(broker))
      connection.destroy()
      this.#tryAgain(broker)
    } catch (error) {
      this.#runtime.logger.debug({ broker, error: String(error) }, 'a broker cannot be reached')
      if (isRefused(error) && !this.#peers.has(broker)) this.#gone(broker)
    } finally {
      this.#trying.delete(broker)
    }
  }

  /** Somebody is at the port, or was until just now. */
  #tryAgain(broker: BrokerId): void {
    const waitMs = triesAgainMs[this.#unclear.get(broker) ?? Number.POSITIVE_INFINITY]
    if (waitMs === undefined) return
    this.#runtime.clock.setTimer(waitMs, () => {
      const tries = this.#unclear.get(broker)
      if (tries === undefined || this.#isClosed) return
      this.#unclear.set(broker, tries + 1)
      void this.#try(broker)
    })
  }

  #gone(broker: BrokerId): void {
    this.#unclear.delete(broker)
    this.#liveness.unheard(broker)
    if (!this.#isClosed) this.#judge()
  }

  #converse(connection: Connection, unmet: () => void = () => {}): void {
    let id: PeerId | null = null
    const stream: PeerStream = new PeerStream(connection, this.#settings.frameBytesMax, {
      received: (frame) => {
        if (id === null) id = this.#meet(stream, frame)
        else this.#onFrame(id, stream, frame)
      },
      closed: (reason) => {
        if (id === null) unmet()
        else if (this.#peers.get(id.broker)?.stream === stream) this.#lost(id, reason)
      },
    })
    const { clusterId, self } = this.#settings
    const { broker: brokerId, directory: directoryId, incarnation } = self
    stream.send({ type: 'hello', clusterId, brokerId, directoryId, incarnation })
  }

  #meet(stream: PeerStream, frame: PeerFrame): PeerId | null {
    const { clusterId, self } = this.#settings
    if (frame.type !== 'hello' || frame.clusterId !== clusterId || frame.brokerId === self.broker) {
      this.#runtime.logger.warn({ frame: frame.type }, 'a stranger is at the port for brokers')
      stream.close('a stranger')
      return null
    }
    const id = { broker: frame.brokerId, directory: frame.directoryId, incarnation: frame.incarnation }
    const before = this.#peers.get(id.broker)
    this.#peers.set(id.broker, { stream, id })
    if (before !== undefined) {
      before.stream.close('there is a newer stream')
      this.#tellDisconnected(before.id, 'there is a newer stream')
    }
    this.#unclear.delete(id.broker)
    this.#liveness.know(id.broker)
    this.#heard(id.broker)
    for (const sink of this.#sinks) sink.connected?.(id)
    return id
  }

  #onFrame(id: PeerId, stream: PeerStream, frame: PeerFrame): void {
    // What an older stream still brings was said before its sender opened a newer one.
    if (this.#isClosed || frame.type === 'hello' || this.#peers.get(id.broker)?.stream !== stream) return
    this.#heard(id.broker)
    if (frame.type === 'beat') return
    for (const sink of this.#sinks) sink.received?.(id, frame)
  }

  #lost(id: PeerId, reason: string): void {
    this.#peers.delete(id.broker)
    this.#tellDisconnected(id, reason)
    if (this.#isClosed) return
    this.#unclear.set(id.broker, 0)
    void this.#try(id.broker)
  }

  #tellDisconnected(id: PeerId, reason: string): void {
    this.#runtime.logger.debug({ broker: id.broker, reason }, 'the stream to a broker is closed')
    if (this.#isClosed) return
    for (const sink of this.#sinks) sink.disconnected?.(id)
  }

  #heard(broker: BrokerId): void {
    if (this.#liveness.heard(broker, this.#runtime.clock.monotonicMs())) this.#judge()
    this.#beginToBeat()
  }

  #judge(): void {
    if (!this.#liveness.judge(this.#runtime.clock.monotonicMs())) return
    // Nothing comes through: a new stream may, to the machine that has taken its place for example.
    for (const broker of this.silent) this.#peers.get(broker)?.stream.close('nothing is heard')
    for (const sink of this.#sinks) sink.silent?.(this.silent)
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'
}
