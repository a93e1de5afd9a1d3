/** How a broker is, as `/health` tells it. */
export interface Health {
  /**
   * `starting`: clients cannot work yet. `ok`. `degraded`: clients can work, and something needs an operator (a log is
   * offline, a replica is suspect, the disk is nearly full).
   */
  readonly status: 'starting' | 'ok' | 'degraded'
  /** A sentence each; empty when `ok`. */
  readonly reasons: readonly string[]
}

/** The body of `/health` and its HTTP status: 503 as long as clients should be sent elsewhere. */
export function healthAnswer(health: Health): { code: 200 | 503; body: object } {
  const ready = health.status !== 'starting'
  // It answers, so it lives: a loop that hangs does not get here.
  return { code: ready ? 200 : 503, body: { status: health.status, live: true, ready, reasons: health.reasons } }
}
