/** A timer that was set and may be taken back. Cancelling one that has fired, or twice, does nothing. */
export interface Timer {
  cancel(): void
}

/** Time, as one broker sees it. In simulation it is virtual, skewed and may jump; `monotonicMs` never goes back. */
export interface Clock {
  /** Milliseconds since 1970 (UTC), an integer. May jump either way. For timestamps in data, never for timeouts. */
  nowMs(): number
  /** Milliseconds since some fixed point, fractional, never backwards. For timeouts, sessions and measurements. */
  monotonicMs(): number
  /**
   * Calls `run` once, `delayMs` (>= 0) from now, and never before `monotonicMs` has gone on by that much. A pending timer does not
   * keep the process alive on its own.
   */
  setTimer(delayMs: number, run: () => void): Timer
  /** Calls `run` after what is being handled now and the I/O events already queued (Node: `setImmediate`). */
  defer(run: () => void): void
}
