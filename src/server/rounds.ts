import type { Clock } from '../runtime/clock.ts'

/** A broker that has just started has more pressing things to do, as Kafka has it. */
const firstRoundMs = 30_000

/**
 * Works through a round again and again, `everyMs` after the one before has ended: one timer for all partitions. Returns how to
 * stop, which resolves when nothing of a round is under way any more. A round must not reject.
 */
export function startRounds(
  clock: Clock,
  { everyMs, round }: { everyMs: () => number; round: () => Promise<void> },
): () => Promise<void> {
  let current = Promise.resolve()
  let isStopped = false
  let timer = clock.setTimer(Math.min(firstRoundMs, everyMs()), begin)

  function begin(): void {
    current = round().then(() => {
      if (!isStopped) timer = clock.setTimer(everyMs(), begin)
    })
  }

  return async () => {
    isStopped = true
    timer.cancel()
    await current
  }
}
