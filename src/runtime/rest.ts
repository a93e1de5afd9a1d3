import type { Clock } from './clock.ts'

export function rest(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(ms, resolve))
}

/** How long a rest may go on that nobody waits for any more. */
const napMs = 500

/** Gives everybody else a turn, and goes on resting until `dueMs` of the monotonic clock, or, in short naps, until `isOver`. */
export async function restUntil(clock: Clock, dueMs: number, isOver: () => boolean): Promise<void> {
  let leftMs = dueMs - clock.monotonicMs()
  do {
    if (leftMs > 0) await rest(clock, Math.min(leftMs, napMs))
    else await new Promise<void>((resolve) => clock.defer(resolve))
    leftMs = dueMs - clock.monotonicMs()
  } while (leftMs > 0 && !isOver())
}
