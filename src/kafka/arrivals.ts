import type { Clock, Timer } from '../runtime/clock.ts'
import type { Connection } from '../runtime/network.ts'
import { CreationRate } from './creation-rate.ts'

/** Connections that wait to be let in; the system's own queue of a listener is as long. */
const waitingMax = 1_024
/** While some wait it is looked at so often at least: the limits may have changed. */
const lookMs = 1_000

/** How many connections there may be. Read anew each time: they may change while the broker runs. */
export interface ConnectionLimits {
  /** `max.connections`. */
  readonly most: number
  /** `max.connections.per.ip`, and its overrides by address. */
  readonly perAddress: number
  readonly overrides: ReadonlyMap<string, number>
  /** `max.connection.creation.rate`. */
  readonly perSecond: number
}

export type TurnedAway = 'address' | 'waiting'

/**
 * Lets new connections in, as Kafka's acceptor does (KIP-402, KIP-612): one too many of an address is closed at once;
 * while there are as many as there may be, or they come too fast, new ones wait in the order of their coming. Nothing is
 * read from who waits. Kafka leaves them in the system's queue, which Node cannot; beyond its length they are closed.
 */
export class Arrivals {
  readonly #clock: Clock
  readonly #limits: () => ConnectionLimits
  readonly #open: (connection: Connection) => void
  readonly #turnAway: (connection: Connection, why: TurnedAway) => void
  readonly #waiting: Connection[] = []
  /** Of each address, those that wait included. */
  readonly #counts = new Map<string, number>()
  readonly #rate = new CreationRate()
  #opened = 0
  #timer: Timer | null = null

  constructor(parts: {
    clock: Clock
    limits: () => ConnectionLimits
    /** Takes one in; to be followed by `closed` once it is. */
    open: (connection: Connection) => void
    turnAway: (connection: Connection, why: TurnedAway) => void
  }) {
    this.#clock = parts.clock
    this.#limits = parts.limits
    this.#open = parts.open
    this.#turnAway = parts.turnAway
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** How many are open beyond those that there may be: the most was lowered. */
  get excess(): number {
    return Math.max(0, this.#opened - this.#limits().most)
  }

  arrived(connection: Connection): void {
    const { perAddress, overrides } = this.#limits()
    const address = addressOf(connection)
    const count = this.#counts.get(address) ?? 0
    if (count >= (overrides.get(address) ?? perAddress)) return this.#turnAway(connection, 'address')
    if (this.#waiting.length >= waitingMax) return this.#turnAway(connection, 'waiting')
    this.#counts.set(address, count + 1)
    this.#waiting.push(connection)
    this.#letIn()
  }

  /** One that was let in is closed. */
  closed(connection: Connection): void {
    this.#opened--
    this.#forget(connection)
    this.#letIn()
  }

  /** Lets nobody in any more, and closes those that wait. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
    for (const connection of this.#waiting.splice(0)) {
      this.#forget(connection)
      connection.destroy()
    }
  }

  #letIn(): void {
    while (this.#waiting.length > 0) {
      const { most, perSecond } = this.#limits()
      const waitMs = this.#opened < most ? this.#rate.take(this.#clock.monotonicMs(), perSecond) : lookMs
      if (waitMs > 0) return this.#letInAfter(Math.min(waitMs, lookMs))
      this.#opened++
      this.#open(this.#waiting.shift() as Connection)
    }
  }

  #letInAfter(ms: number): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.setTimer(ms, () => this.#letIn())
  }

  #forget(connection: Connection): void {
    const address = addressOf(connection)
    const left = (this.#counts.get(address) ?? 0) - 1
    if (left > 0) this.#counts.set(address, left)
    else this.#counts.delete(address)
  }
}

/** An IPv4 address that came by an IPv6 socket is that IPv4 address (RFC 4291, 2.5.5.2). */
function addressOf({ remote }: Connection): string {
  return remote.host.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
}
