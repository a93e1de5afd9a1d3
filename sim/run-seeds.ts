import { parseArgs } from 'node:util'
import { nodeClock } from '../src/runtime/node/node-clock.ts'
import type { BrokerUnderTest } from './tested-broker.ts'
import { type RunOutcome, runSeed } from './broker-world.ts'
import { expectedFromSeeds, expectedMarks } from './expected-marks.ts'
import { TraceDigest } from './trace-digest.ts'

const usage = `usage: npm run sim -- [--seeds N] [--start-seed S]   runs seeds S to S+N-1 (500 from 1)
       npm run sim -- --seed N [--trace]              runs one seed, with all that happens in it`

interface Asked {
  readonly first: number
  readonly count: number
  readonly trace: boolean
}

/** What some seeds have shown together. */
class Tally {
  readonly marks = new Map<string, number>()
  readonly bad: number[] = []
  seeds = 0
  acknowledged = 0
  virtualMs = 0

  add(outcome: RunOutcome): void {
    this.seeds++
    this.acknowledged += outcome.acknowledged
    this.virtualMs += outcome.virtualMs
    for (const [mark, count] of outcome.marks) this.marks.set(mark, (this.marks.get(mark) ?? 0) + count)
    if (outcome.violations.length > 0) this.bad.push(outcome.seed)
  }

  /** What so many seeds must have shown, and have not. */
  missing(): string[] {
    return this.seeds < expectedFromSeeds ? [] : expectedMarks.filter((mark) => !this.marks.has(mark))
  }
}

/**
 * Runs seeds one after the other. stdout holds what the seeds determine, stderr progress and how long it took. Returns
 * the exit code: 0 nothing found, 2 wrong usage, 3 a violation, with the seed that shows it again, or a rare thing
 * that never happened.
 */
export async function runSeeds(args: readonly string[], parts: BrokerUnderTest): Promise<0 | 2 | 3> {
  const asked = askedFor(args)
  if (asked === null) {
    process.stderr.write(`${usage}\n`)
    return 2
  }
  const begun = nodeClock.monotonicMs()
  const tally = new Tally()
  const digest = new TraceDigest((line) => void (asked.trace && process.stdout.write(`${line}\n`)))
  for (let seed = asked.first; seed < asked.first + asked.count; seed++) {
    const outcome = await runOne(seed, parts, digest)
    tally.add(outcome)
    if (outcome.violations.length > 0) tell(outcome)
    if (tally.seeds % 25 === 0 || tally.seeds === asked.count)
      progress(asked, tally, (nodeClock.monotonicMs() - begun) / 1000)
  }
  if (!asked.trace) summarize(tally)
  const missing = tally.missing()
  for (const mark of missing) process.stderr.write(`never happened, though it should sometimes: ${mark}\n`)
  process.stdout.write(`trace sha256 ${digest.hex()}\n`)
  return tally.bad.length > 0 || missing.length > 0 ? 3 : 0
}

function progress(asked: Asked, { seeds, bad }: Tally, seconds: number): void {
  const rate = (seeds / Math.max(seconds, 0.001)).toFixed(1)
  const found = bad.length === 0 ? 'no violation' : `violations in ${bad.length}: ${bad.slice(-10).join(' ')}`
  process.stderr.write(`${seeds} of ${asked.count} seeds, ${seconds.toFixed(1)} s, ${rate} seeds/s, ${found}\n`)
}

function summarize({ marks, seeds, acknowledged, virtualMs, bad }: Tally): void {
  for (const [mark, count] of [...marks].sort(([a], [b]) => (a < b ? -1 : 1)))
    process.stdout.write(`sometimes: ${mark}: ${count}\n`)
  process.stdout.write(
    `${seeds} seeds, ${acknowledged} acknowledged batches, ${(virtualMs / 1000).toFixed(0)} virtual seconds, ` +
      `${bad.length} seeds with violations${bad.length > 0 ? `: ${bad.join(' ')}` : ''}\n`,
  )
}

/** One seed, with what nobody in it caught counted as a violation of it. */
async function runOne(seed: number, parts: BrokerUnderTest, digest: TraceDigest): Promise<RunOutcome> {
  const uncaught: unknown[] = []
  const note = (error: unknown) => void uncaught.push(error)
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
  try {
    const outcome = await runSeed(seed, parts, { onTrace: (line) => digest.add(line) })
    digest.add(`seed ${seed}: ${outcome.events} events, ${outcome.traceHash}`)
    const more = uncaught.map((error) => ({
      code: 'uncaught error' as const,
      partition: '',
      detail: error instanceof Error ? `${error.stack}` : `${error}`,
    }))
    return { ...outcome, violations: [...outcome.violations, ...more] }
  } finally {
    process.off('uncaughtException', note)
    process.off('unhandledRejection', note)
  }
}

/** Values may be long, and their names come first. */
const detailBytesMax = 1000

function tell(outcome: RunOutcome): void {
  process.stderr.write(`seed ${outcome.seed} (${outcome.traceHash}):\n`)
  for (const { code, partition, detail } of outcome.violations.slice(0, 10)) {
    process.stderr.write(`  ${code}${partition === '' ? '' : ` in ${partition}`}: ${detail.slice(0, detailBytesMax)}\n`)
  }
  const more = outcome.violations.length - 10
  if (more > 0) process.stderr.write(`  and ${more} more\n`)
  process.stderr.write(`  again: npm run sim -- --seed ${outcome.seed} --trace\n`)
}

function askedFor(args: readonly string[]): Asked | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seeds: { type: 'string' },
        'start-seed': { type: 'string' },
        seed: { type: 'string' },
        trace: { type: 'boolean' },
      },
    })
    const numbers = [values.seed, values.seeds, values['start-seed']].filter((text) => text !== undefined)
    if (!numbers.every((text) => /^\d+$/.test(text))) return null
    const trace = values.trace ?? false
    if (values.seed !== undefined) return { first: Number(values.seed), count: 1, trace }
    return { first: Number(values['start-seed'] ?? 1), count: Number(values.seeds ?? 500), trace }
  } catch {
    return null
  }
}
