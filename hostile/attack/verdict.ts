import type { Attack } from './attack.ts'
import type { CrowdCounts } from './crowd.ts'
import type { RoundTrips } from './good-client.ts'

/** What one attack has done to a broker. */
export interface Outcome {
  readonly attack: Attack
  readonly crowd: CrowdCounts
  /** Before the first of all attacks: what one leaves behind for good counts against the next. */
  readonly restMiB: number
  readonly mostMiB: number
  /** At the end of the time that it has to come back. */
  readonly afterMiB: number
  /** What the broker says then that requests and answers hold; Infinity: it does not say. */
  readonly heldMiB: number
  readonly during: RoundTrips
  readonly after: RoundTrips
  /** How many times as long as on a machine of its own the broker has taken: see `AttackedBroker.takeBusyTimes`. */
  readonly busyTimes: { readonly during: number; readonly after: number }
  readonly running: boolean
}

/** The longest that a well-behaved client's round trip may take, */
const longestMs = { during: 3_000, after: 1_000 } as const
/** and where other processes keep the broker from the processor as much longer, up to so many times. */
const slowestTimes = 10

/** How many times as long something may take. */
export function slower(busyTimes: number): number {
  return Math.min(slowestTimes, Math.max(1, busyTimes))
}

export function allowedMs(when: 'during' | 'after', { busyTimes }: Pick<Outcome, 'busyTimes'>): number {
  return longestMs[when] * slower(busyTimes[when])
}

/**
 * What the process may keep: buffers for reuse, what the collector has not found yet, and memory that is free inside of
 * the allocator, which gives little of it back to the system but uses it again.
 */
const keptMiB = 512
/** The good client's own requests, at the moment of asking. */
export const heldMostMiB = 1

/** What is wrong, in words; empty: the attack has harmed nobody. */
export function verdictOf(outcome: Outcome): string[] {
  const { attack, restMiB, mostMiB, afterMiB, heldMiB, during, after, running } = outcome
  const wrong: string[] = []
  if (!running) wrong.push('the broker has ended')
  const more = mostMiB - restMiB
  if (more > attack.boundMiB)
    wrong.push(`memory grew by ${more.toFixed(0)} MiB, at most ${attack.boundMiB} are allowed`)
  const kept = afterMiB - restMiB
  if (kept > keptMiB) wrong.push(`${kept.toFixed(0)} MiB did not come back, at most ${keptMiB} may stay`)
  if (heldMiB === Number.POSITIVE_INFINITY) wrong.push('it does not say any more what requests and answers hold')
  else if (heldMiB > heldMostMiB) wrong.push(`requests and answers still hold ${heldMiB.toFixed(1)} MiB`)
  wrong.push(...clientVerdict('during', during, allowedMs('during', outcome)))
  wrong.push(...clientVerdict('after', after, allowedMs('after', outcome)))
  return wrong
}

function clientVerdict(when: string, { count, longestMs: took, failure }: RoundTrips, allowed: number): string[] {
  const wrong: string[] = []
  if (failure !== null) wrong.push(`a good client failed ${when} it: ${failure}`)
  if (count === 0) wrong.push(`a good client made no round trip ${when} it`)
  if (took > allowed) {
    wrong.push(
      `a good client's round trip took ${took.toFixed(0)} ms ${when} it, at most ${allowed.toFixed(0)} are allowed`,
    )
  }
  return wrong
}
