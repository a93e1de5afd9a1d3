import { parseArgs } from 'node:util'
import { nodeClock } from '../src/runtime/node/node-clock.ts'
import type { RunOutcome } from './broker-world.ts'
import { expectedFromSeeds } from './expected-marks.ts'
import { TraceDigest } from './trace-digest.ts'

const usage = `usage: npm run sim -- [--world broker|group|cluster] [--seeds N] [--start-seed S]   runs seeds S to S+N-1 (500 from 1)
       npm run sim -- [--world broker|group|cluster] --seed N [--trace]              runs one seed, with all that happens in it`

/** What a seed is run in. */
export interface World {
  run(seed: number, options: { onTrace: (line: string) => void }): Promise<RunOutcome>
  /** What many seeds must have shown. */
  readonly expectedMarks: readonly string[]
}

export type Worlds = Readonly<Record<string, World>>

interface Asked {
  readonly name: string
  readonly world: World
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
  missing(expected: readonly string[]): string[] {
    return this.seeds < expectedFromSeeds ? [] : expected.filter((mark) => !this.marks.has(mark))
  }
}

/**
 * Runs seeds one after the other. stdout holds what the seeds determine, stderr progress and how long it took. Returns
 * the exit code: 0 nothing found, 2 wrong usage, 3 a violation, with the seed that shows it again, or a rare thing
 * that never happened.
 */
export async function runSeeds(args: readonly string[], worlds: Worlds): Promise<0 | 2 | 3> {
  const asked = askedFor(args, worlds)
  if (asked === null) {
    process.stderr.write(`${usage}\n`)
    return 2
  }
  const begun = nodeClock.monotonicMs()
  const tally = new Tally()
  const digest = new TraceDigest((line) => void (asked.trace && process.stdout.write(`${line}\n`)))
  for (let seed = asked.first; seed < asked.first + asked.count; seed++) {
    const outcome = await runOne(seed, asked.world, digest)
    tally.add(outcome)
    if (outcome.violations.length > 0) tell(outcome, asked.name)
    if (tally.seeds % 25 === 0 || tally.seeds === asked.count)
      progress(asked, tally, (nodeClock.monotonicMs() - begun) / 1000)
  }
  if (!asked.trace) summarize(tally)
  const missing = tally.missing(asked.world.expectedMarks)
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
async function runOne(seed: number, world: World, digest: TraceDigest): Promise<RunOutcome> {
  const uncaught: unknown[] = []
  const note = (error: unknown) => void uncaught.push(error)
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
  try {
    const outcome = await world.run(seed, { onTrace: (line) => digest.add(line) })
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

function tell(outcome: RunOutcome, world: string): void {
  process.stderr.write(`seed ${outcome.seed} (${outcome.traceHash}):\n`)
  for (const { code, partition, detail } of outcome.violations.slice(0, 10)) {
    process.stderr.write(`  ${code}${partition === '' ? '' : ` in ${partition}`}: ${detail.slice(0, detailBytesMax)}\n`)
  }
  const more = outcome.violations.length - 10
  if (more > 0) process.stderr.write(`  and ${more} more\n`)
  process.stderr.write(`  again: npm run sim -- --world ${world} --seed ${outcome.seed} --trace\n`)
}

function askedFor(args: readonly string[], worlds: Worlds): Asked | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        world: { type: 'string' },
        seeds: { type: 'string' },
        'start-seed': { type: 'string' },
        seed: { type: 'string' },
        trace: { type: 'boolean' },
      },
    })
    const numbers = [values.seed, values.seeds, values['start-seed']].filter((text) => text !== undefined)
    if (!numbers.every((text) => /^\d+$/.test(text))) return null
    const trace = values.trace ?? false
    const name = values.world ?? Object.keys(worlds)[0] ?? ''
    const world = worlds[name]
    if (world === undefined) return null
    if (values.seed !== undefined) return { name, world, first: Number(values.seed), count: 1, trace }
    const [first, count] = [Number(values['start-seed'] ?? 1), Number(values.seeds ?? 500)]
    return { name, world, first, count, trace }
  } catch {
    return null
  }
}
