import type { Clock, Timer } from '../runtime/clock.ts'

/** A broker that has just started has more pressing things to do, as Kafka has it. */
const firstRoundMs = 30_000

/** What rounds are over, where there may be nothing. */
export interface Rounded {
  readonly size: number
  /** `filled` is called whenever there was nothing and is something. */
  whenFilled(filled: () => void): void
}

/**
 * Works through a round again and again, `everyMs` after the one before has ended: one timer for all partitions, and none while
 * `over` is empty. What has become empty gets one more round. Returns how to stop, which resolves when nothing of a round is under
 * way any more. A round must not reject.
 */
export function startRounds(
  clock: Clock,
  { everyMs, round, over }: { everyMs: () => number; round: () => Promise<void>; over?: Rounded },
): () => Promise<void> {
  let current = Promise.resolve()
  let isUnderWay = false
  let isStopped = false
  let timer: Timer | null = null

  function restFor(ms: number): void {
    if (isStopped || isUnderWay || timer !== null || over?.size === 0) return
    timer = clock.setTimer(ms, begin)
  }

  function begin(): void {
    timer = null
    isUnderWay = true
    current = round().then(() => {
      isUnderWay = false
      restFor(everyMs())
    })
  }

  over?.whenFilled(() => restFor(everyMs()))
  restFor(Math.min(firstRoundMs, everyMs()))
  return async () => {
    isStopped = true
    timer?.cancel()
    await current
  }
}
