import type { BrokerId, ReplicaId } from '../replication/replica-id.ts'
import type { Timer } from '../runtime/clock.ts'
import type { Connection, Listener } from '../runtime/network.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { PeerFrame, PeerFrameInput } from './peer-frames.ts'
import { PeerStream } from './peer-stream.ts'

export interface PeerSettings {
  readonly clusterId: string
  readonly self: ReplicaId
  readonly listen: { readonly host: string; readonly port: number }
  /** The other brokers. */
  readonly addresses: ReadonlyMap<BrokerId, { readonly host: string; readonly port: number }>
  /** How often a broker says that it lives, to each of the others. */
  readonly beatMs: number
  /** A broker of which nothing was heard for so long is silent. */
  readonly silenceMs: number
  readonly frameBytesMax: number
}

export interface PeersSink {
  received(from: ReplicaId, frame: PeerFrame): void
  /** A stream to that broker is there, a new one if there was one before: what was on its way then is lost. */
  connected(peer: ReplicaId): void
  disconnected(broker: BrokerId): void
  /** The set of silent brokers has changed. */
  silent(brokers: ReadonlySet<BrokerId>): void
}

interface Peer {
  readonly stream: PeerStream
  readonly id: ReplicaId
}

/**
 * One stream to each of the other brokers, with a beat on it. Of two brokers the one with the lower id dials, again and
 * again; a new stream takes the place of an old one. Silence is per broker: groups have no timers of their own for it.
 */
export class Peers {
  readonly #runtime: Runtime
  readonly #settings: PeerSettings
  readonly #sink: PeersSink
  readonly #peers = new Map<BrokerId, Peer>()
  readonly #heardMs = new Map<BrokerId, number>()
  readonly #dialing = new Set<BrokerId>()
  #silent: ReadonlySet<BrokerId>
  #listener: Listener | null = null
  #beat: Timer | null = null
  #isClosed = false

  constructor(runtime: Runtime, settings: PeerSettings, sink: PeersSink) {
    this.#runtime = runtime
    this.#settings = settings
    this.#sink = sink
    this.#silent = new Set(settings.addresses.keys())
  }

  /** Brokers of which nothing is heard; at first all. */
  get silent(): ReadonlySet<BrokerId> {
    return this.#silent
  }

  /** Begins to listen and to dial. */
  async start(): Promise<void> {
    const { network } = this.#runtime
    this.#listener = await network.listen(this.#settings.listen, (connection) => this.#accept(connection))
    this.#tick()
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
    for (const { stream } of this.#peers.values()) stream.close('the broker stops')
    await this.#listener?.close()
  }

  #tick(): void {
    const { beatMs, addresses, self } = this.#settings
    for (const broker of addresses.keys()) {
      const sent = this.send(broker, { type: 'beat' })
      if (!sent && self.broker < broker && !this.#dialing.has(broker)) void this.#dial(broker)
    }
    this.#judge()
    this.#beat = this.#runtime.clock.setTimer(beatMs, () => this.#tick())
  }

  async #dial(broker: BrokerId): Promise<void> {
    const address = this.#settings.addresses.get(broker)
    if (address === undefined) return
    this.#dialing.add(broker)
    try {
      const connection = await this.#runtime.network.connect(address, { timeoutMs: this.#settings.silenceMs })
      if (this.#isClosed) return connection.destroy()
      this.#converse(connection)
    } catch (error) {
      this.#runtime.logger.debug({ broker, error: String(error) }, 'a broker cannot be reached')
    } finally {
      this.#dialing.delete(broker)
    }
  }

  #accept(connection: Connection): void {
    this.#converse(connection)
  }

  #converse(connection: Connection): void {
    let id: ReplicaId | null = null
    const stream: PeerStream = new PeerStream(connection, this.#settings.frameBytesMax, {
      received: (frame) => {
        if (id === null) id = this.#meet(stream, frame)
        else this.#onFrame(id, frame)
      },
      closed: (reason) => {
        if (id !== null && this.#peers.get(id.broker)?.stream === stream) this.#lost(id, reason)
      },
    })
    const { clusterId, self } = this.#settings
    stream.send({ type: 'hello', clusterId, brokerId: self.broker, directoryId: self.directory })
  }

  #meet(stream: PeerStream, frame: PeerFrame): ReplicaId | null {
    const { clusterId, addresses } = this.#settings
    if (frame.type !== 'hello' || frame.clusterId !== clusterId || !addresses.has(frame.brokerId)) {
      this.#runtime.logger.warn({ frame: frame.type }, 'a stranger is at the port for brokers')
      stream.close('a stranger')
      return null
    }
    const id = { broker: frame.brokerId, directory: frame.directoryId }
    const before = this.#peers.get(id.broker)
    if (before !== undefined) this.#lost(before.id, 'there is a newer stream')
    before?.stream.close('there is a newer stream')
    this.#peers.set(id.broker, { stream, id })
    this.#heard(id.broker)
    this.#sink.connected(id)
    return id
  }

  #onFrame(id: ReplicaId, frame: PeerFrame): void {
    // What an older stream still brings was said before its sender opened a newer one.
    if (this.#isClosed || frame.type === 'hello') return
    this.#heard(id.broker)
    if (frame.type !== 'beat') this.#sink.received(id, frame)
  }

  #lost(id: ReplicaId, reason: string): void {
    this.#peers.delete(id.broker)
    this.#runtime.logger.debug({ broker: id.broker, reason }, 'the stream to a broker is closed')
    if (!this.#isClosed) this.#sink.disconnected(id.broker)
  }

  #heard(broker: BrokerId): void {
    this.#heardMs.set(broker, this.#runtime.clock.monotonicMs())
    if (this.#silent.has(broker)) this.#judge()
  }

  #judge(): void {
    const since = this.#runtime.clock.monotonicMs() - this.#settings.silenceMs
    const silent = new Set<BrokerId>()
    for (const broker of this.#settings.addresses.keys()) {
      if ((this.#heardMs.get(broker) ?? Number.NEGATIVE_INFINITY) <= since) silent.add(broker)
    }
    if (silent.size === this.#silent.size && [...silent].every((broker) => this.#silent.has(broker))) return
    // Nothing comes through: a new stream may, to the machine that has taken its place for example.
    for (const broker of silent) this.#peers.get(broker)?.stream.close('nothing is heard')
    this.#silent = silent
    this.#sink.silent(silent)
  }
}
