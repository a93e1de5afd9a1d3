/** A request that keeps the event loop busy for longer than this is heavy. */
const heavyMs = 3
/** Where others have taken much time already, this is enough. */
const heavyWhereBusyMs = 0.5
/** What a request that is not full of records costs at least to be understood and served, per byte, as measured. */
const msPerByte = 0.0001

/** What the requests of one connection cost, as far as it is known. */
export class RequestCost {
  // Of the last two requests. A time once measured may be that of other processes that were given the processor.
  #lastMs = 0
  #beforeMs = 0
  #servedUpToMs = 0

  /** What is to be expected of the next request; 0: little. `bytes` of it are lists and not records. */
  expectedMs(bytes: number, isBusy: boolean): number {
    const expected = Math.max(Math.min(this.#lastMs, this.#beforeMs), bytes * msPerByte)
    return expected > (isBusy ? heavyWhereBusyMs : heavyMs) ? expected : 0
  }

  /** Up to where in virtual time its heavy requests have been served: see `HeavyTurns`. */
  get servedUpToMs(): number {
    return this.#servedUpToMs
  }

  beginTurn(virtualMs: number): void {
    this.#servedUpToMs = virtualMs
  }

  took(ms: number, inTurn: boolean): void {
    this.#beforeMs = this.#lastMs
    this.#lastMs = ms
    if (inTurn) this.#servedUpToMs += ms
  }
}
