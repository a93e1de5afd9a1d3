import type { Clock } from '../runtime/clock.ts'
import type { ClientConnection } from './connection.ts'
import type { GiveUp } from './give-up.ts'
import type { MemoryBound } from './memory-bound.ts'
import { ShortageWatch } from './shortage-watch.ts'

/** A request that has been coming for this long may be given up for others, */
const patienceMs = 1_000
/** unless its bytes come faster than this. */
const fairBytesPerMs = 64
/** Memory that is short for so long, though nobody is slow, is held by those who wait for more of it. */
const deadlockMs = 5_000

interface Slow {
  readonly connection: ClientConnection
  readonly bytesPerMs: number
}

/**
 * Closes the connections whose requests do not come to an end: without a byte for `stalledMaxMs` in any case, and much
 * earlier, the slowest first, while others wait for the memory that begun requests hold.
 */
export class BegunRequests {
  readonly #clock: Clock
  readonly #connections: Iterable<ClientConnection>
  readonly #giveUp: GiveUp
  readonly #stalledMaxMs: number
  readonly #shortage: ShortageWatch

  constructor(parts: {
    clock: Clock
    connections: Iterable<ClientConnection>
    memory: MemoryBound
    stalledMaxMs: number
    giveUp: GiveUp
  }) {
    this.#clock = parts.clock
    this.#connections = parts.connections
    this.#giveUp = parts.giveUp
    this.#stalledMaxMs = parts.stalledMaxMs
    this.#shortage = new ShortageWatch(parts.clock, parts.memory, (shortage) => this.#relieve(shortage))
  }

  /** Closes those of which nothing has come for the longest time, in the middle of a request. */
  sweep(): void {
    const thenMs = this.#clock.monotonicMs() - this.#stalledMaxMs
    const stalled = [...this.#connections].filter(({ begunFrame, waitsForBroker, unsentSinceMs }) => {
      return begunFrame !== null && begunFrame.lastMs <= thenMs && !waitsForBroker && unsentSinceMs === null
    })
    this.#giveUp(stalled, 'a request has begun to come, and nothing more of it')
  }

  stop(): void {
    this.#shortage.stop()
  }

  #relieve({ wantedBytes, forMs }: { wantedBytes: number; forMs: number }): void {
    const slow = this.#slowest()
    let freed = 0
    const enough = slow.findIndex(({ connection }) => (freed += connection.sharedFrameBytes) >= wantedBytes)
    const closing = enough < 0 ? slow : slow.slice(0, enough + 1)
    this.#giveUp(
      closing.map(({ connection }) => connection),
      'others need the memory of requests that do not come to an end',
    )
    if (closing.length === 0 && forMs >= deadlockMs) this.#breakDeadlock()
  }

  /** Who holds memory and sends slowly, the slowest first. */
  #slowest(): Slow[] {
    const nowMs = this.#clock.monotonicMs()
    const slow: Slow[] = []
    for (const connection of this.#connections) {
      const { begunFrame, sharedFrameBytes, waitsForBroker } = connection
      if (begunFrame === null || sharedFrameBytes === 0 || waitsForBroker) continue
      const ageMs = nowMs - begunFrame.sinceMs
      const bytesPerMs = begunFrame.bytes / ageMs
      if (ageMs >= patienceMs && bytesPerMs < fairBytesPerMs) slow.push({ connection, bytesPerMs })
    }
    return slow.sort((one, other) => one.bytesPerMs - other.bytesPerMs)
  }

  /** Each holds what another waits for. The one that came last gives way, so that the others come to their end. */
  #breakDeadlock(): void {
    let last: ClientConnection | null = null
    for (const connection of this.#connections) {
      if (connection.sharedFrameBytes === 0 || !connection.waitsForBroker) continue
      if (last === null || sinceMs(connection) > sinceMs(last)) last = connection
    }
    if (last !== null)
      this.#giveUp([last], 'large requests wait for one another’s memory, and the last has to come again')
  }
}

function sinceMs({ begunFrame }: ClientConnection): number {
  return begunFrame?.sinceMs ?? 0
}
