import type { BrokerId } from '../replication/replica-id.ts'
import type { Clock } from '../runtime/clock.ts'

/** Collects what is to be said to each broker in one turn of the event loop, so that many groups share a frame. */
export class TurnOutbox<Item> {
  readonly #clock: Clock
  readonly #send: (to: BrokerId, items: readonly Item[]) => void
  #waiting = new Map<BrokerId, Item[]>()

  constructor(clock: Clock, send: (to: BrokerId, items: readonly Item[]) => void) {
    this.#clock = clock
    this.#send = send
  }

  add(to: BrokerId, item: Item): void {
    if (this.#waiting.size === 0) this.#clock.defer(() => this.#flush())
    const items = this.#waiting.get(to)
    if (items === undefined) this.#waiting.set(to, [item])
    else items.push(item)
  }

  #flush(): void {
    const waiting = this.#waiting
    this.#waiting = new Map()
    for (const [to, items] of waiting) this.#send(to, items)
  }
}
