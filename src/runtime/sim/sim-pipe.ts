import type { SimRandom } from './sim-random.ts'
import type { SimWorld } from './sim-world.ts'

/** What travels: bytes, or the end of the stream, orderly (FIN) or not (RST). */
export type Segment = Uint8Array | 'fin' | 'rst'

/** How a link between two nodes behaves in one direction. */
export interface LinkCourse {
  blocked: boolean
  /** Range from which each segment's latency is drawn. */
  latencyMs: readonly [from: number, to: number]
  bytesPerMs: number
}

/**
 * One direction of a connection, below the sockets: an ordered, reliable stream of segments, cut at seeded places.
 * While its link is blocked, segments wait (TCP sends them again) and arrive, in order, after it is healed.
 */
export class SimPipe {
  readonly #world: SimWorld
  readonly #random: SimRandom
  readonly #link: LinkCourse
  readonly #arrive: (segment: Segment) => void
  readonly #wire: Segment[] = []
  #lastArrivalMs = 0
  #held = 0
  #sentBytes = 0
  readonly #firstSegmentsMax: number
  /** Bytes sent and not yet read by the receiver. */
  unreadBytes = 0
  /** How many bytes may be so: TCP's window, drawn per direction. */
  readonly windowBytes: number

  constructor(world: SimWorld, random: SimRandom, link: LinkCourse, arrive: (segment: Segment) => void) {
    this.#world = world
    this.#random = random
    this.#link = link
    this.#arrive = arrive
    this.#firstSegmentsMax = random.pick([65_536, 1460, 100, 7])
    this.windowBytes = random.pick([64, 256, 1024]) * 1024
  }

  /** True while segments wait for the link. */
  get stuck(): boolean {
    return this.#held > 0
  }

  send(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.byteLength) {
      // Tiny pieces only at the beginning: they find what framing gets wrong, and all along they would only cost time.
      const most = this.#sentBytes < 4096 ? this.#firstSegmentsMax : 65_536
      const size = this.#random.chance(0.5) ? most : 1 + this.#random.integer(most)
      const segment = bytes.subarray(at, at + size)
      this.#put(segment, segment.byteLength)
      at += segment.byteLength
      this.#sentBytes += segment.byteLength
      this.unreadBytes += segment.byteLength
    }
  }

  finish(how: 'fin' | 'rst'): void {
    this.#put(how, 0)
  }

  /** The link is open again: what waited comes in. */
  healed(): void {
    const held = this.#held
    this.#held = 0
    for (let count = 0; count < held; count++) this.#schedule(0)
  }

  #put(segment: Segment, bytes: number): void {
    this.#wire.push(segment)
    this.#schedule(bytes)
  }

  #schedule(bytes: number): void {
    const { latencyMs, bytesPerMs } = this.#link
    const leaves = Math.max(this.#world.nowMs + this.#random.between(...latencyMs), this.#lastArrivalMs)
    this.#lastArrivalMs = leaves + bytes / bytesPerMs
    this.#world.schedule(this.#lastArrivalMs - this.#world.nowMs, () => {
      // Behind one that waits, all wait.
      if (this.#link.blocked || this.#held > 0) return void this.#held++
      const segment = this.#wire.shift()
      if (segment !== undefined) this.#arrive(segment)
    })
  }
}
