import type { Clock } from '../runtime/clock.ts'
import type { RequestCost } from './request-cost.ts'

/** Whoever waits for his turn. */
export interface HeavyClient {
  readonly cost: RequestCost
  /** It may begin one request now. */
  takeTurn(): void
}

/** A turn of the event loop that has taken so long is no place for more requests that take their time. */
const busyMs = 10
/** A heavy request waits for at most so many turns in which others bring something. */
const turnsForOthers = 64

interface Place {
  readonly startMs: number
  readonly endMs: number
}

/**
 * Lets connections whose requests take long begin them one by one, each in a turn of the event loop of its own, after a
 * turn in which nothing came (Node takes one new connection in each turn: those that came meanwhile would have to wait
 * for as many heavy requests). The turn goes to whose request would end first if all were
 * served at the same time (weighted fair queueing, with the virtual time of SFQ: Goyal, Vin, Cheng 1996), so that those who
 * ask for little are not behind the insatiable. Requests that take little do not pass through here.
 */
export class HeavyTurns {
  readonly #clock: Clock
  // Of two with the same end the one that came first is first.
  readonly #waiting = new Map<HeavyClient, Place>()
  #virtualMs = 0
  #isDue = false
  #arrivals = 0
  #spentMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `takeTurn` of the client when it is its turn, once. */
  wait(client: HeavyClient, expectedMs: number): void {
    if (!this.#waiting.has(client)) {
      const startMs = Math.max(this.#virtualMs, client.cost.servedUpToMs)
      this.#waiting.set(client, { startMs, endMs: startMs + expectedMs })
    }
    this.#next()
  }

  /** Whether requests have taken much of this turn of the event loop already. */
  get isBusy(): boolean {
    return this.#spentMs > busyMs
  }

  /** A request has kept the event loop busy for so long. */
  spent(ms: number): void {
    if (this.#spentMs === 0 && ms > 0) {
      this.#clock.defer(() => {
        this.#spentMs = 0
      })
    }
    this.#spentMs += ms
  }

  /** Something has come that does not have to wait here: a connection, a request that takes little. */
  arrived(): void {
    this.#arrivals++
  }

  forget(client: HeavyClient): void {
    this.#waiting.delete(client)
  }

  #next(): void {
    if (this.#isDue || this.#waiting.size === 0) return
    this.#isDue = true
    this.#afterOthers(turnsForOthers)
  }

  #afterOthers(turnsLeft: number): void {
    const before = this.#arrivals
    this.#clock.defer(() => {
      if (this.#arrivals !== before && turnsLeft > 1) return this.#afterOthers(turnsLeft - 1)
      this.#isDue = false
      this.#first()?.takeTurn()
      this.#next()
    })
  }

  #first(): HeavyClient | null {
    let first: HeavyClient | null = null
    let place: Place | null = null
    for (const [client, each] of this.#waiting) {
      if (place !== null && each.endMs >= place.endMs) continue
      first = client
      place = each
    }
    if (first === null || place === null) return null
    this.#waiting.delete(first)
    this.#virtualMs = Math.max(this.#virtualMs, place.startMs)
    first.cost.beginTurn(place.startMs)
    return first
  }
}
