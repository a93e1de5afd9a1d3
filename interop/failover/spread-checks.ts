import type { Checks } from './checks.ts'
import type { ReadBack, Since } from './spread.ts'

/** All partitions of each topic have acknowledged something. */
export function checkAcknowledged(
  checks: Checks,
  when: string,
  { since, partitions }: { since: Readonly<Record<string, Since>>; partitions: number },
): void {
  for (const [topic, { acked, partitions: some, slowestMs }] of Object.entries(since)) {
    const seen = `${some}, the last after ${slowestMs} ms; ${acked} records`
    checks.check(some === partitions, `${when}: all ${partitions} partitions of ${topic} acknowledge`, seen)
  }
}

/** Nothing that was acknowledged is lost, there twice or out of order. */
export function checkReadBack(checks: Checks, read: Readonly<Record<string, ReadBack>>): void {
  for (const [topic, { acked, lost, duplicates, reordered, errors, error }] of Object.entries(read)) {
    const isKept = acked > 0 && lost === 0 && duplicates === 0 && reordered === 0
    const facts = `${acked} acknowledged, ${lost} lost, ${duplicates} twice, ${reordered} out of order`
    checks.check(isKept, `${topic} is read back`, `${facts}; ${errors} given up (${error})`)
  }
}
