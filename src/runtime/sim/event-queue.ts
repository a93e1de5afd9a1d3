/** Something that will happen. `run` is null once it has been taken back. */
export interface SimEvent {
  readonly atMs: number
  readonly sequence: number
  run: (() => void) | null
}

/** What happens next, by (time, order of scheduling): a binary heap. */
export class EventQueue {
  readonly #heap: SimEvent[] = []
  #sequence = 0

  /** Events that are waiting, those taken back included. */
  get size(): number {
    return this.#heap.length
  }

  add(atMs: number, run: () => void): SimEvent {
    const event: SimEvent = { atMs, sequence: this.#sequence++, run }
    this.#heap.push(event)
    this.#up(this.#heap.length - 1)
    return event
  }

  /** The time of the next event that still stands, or null. */
  nextMs(): number | null {
    while (this.#heap[0]?.run === null) this.#removeFirst()
    return this.#heap[0]?.atMs ?? null
  }

  /** Removes and returns the next event that still stands. */
  take(): SimEvent | null {
    return this.nextMs() === null ? null : this.#removeFirst()
  }

  #removeFirst(): SimEvent {
    const heap = this.#heap
    const first = heap[0] as SimEvent
    const last = heap.pop() as SimEvent
    if (heap.length > 0) {
      heap[0] = last
      this.#down(0)
    }
    return first
  }

  #up(from: number): void {
    const heap = this.#heap
    const event = heap[from] as SimEvent
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent] as SimEvent
      if (!before(event, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = event
  }

  #down(from: number): void {
    const heap = this.#heap
    const event = heap[from] as SimEvent
    let index = from
    for (;;) {
      let child = index * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as SimEvent, heap[child] as SimEvent)) child++
      const below = heap[child] as SimEvent
      if (!before(below, event)) break
      heap[index] = below
      index = child
    }
    heap[index] = event
  }
}

function before(one: SimEvent, other: SimEvent): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.sequence < other.sequence)
}
