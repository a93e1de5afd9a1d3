/** Kafka measures the rate over so many seconds: what was not used in them may come at once. */
const measuredOverS = 10

/** Connections that may be opened, at so many a second in the long run: a bucket of tokens. */
export class CreationRate {
  #tokens = Number.POSITIVE_INFINITY
  #atMs = 0

  /** How long the next one has to wait, in milliseconds; 0: it may be opened now, and is counted. */
  take(nowMs: number, perSecond: number): number {
    const elapsedS = Math.max(0, nowMs - this.#atMs) / 1000
    this.#atMs = nowMs
    this.#tokens = Math.min(perSecond * measuredOverS, this.#tokens + elapsedS * perSecond)
    if (this.#tokens < 1) return ((1 - this.#tokens) * 1000) / perSecond
    this.#tokens -= 1
    return 0
  }
}
