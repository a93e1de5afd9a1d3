import { parseArgs } from 'node:util'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { type RunOutcome, runSeed } from './broker-world.ts'

const usage = `usage: npm run sim -- [--seeds N] [--start-seed S]   runs seeds S to S+N-1 (500 from 1)
       npm run sim -- --seed N [--trace]              runs one seed, with all that happens in it`

interface Asked {
  readonly first: number
  readonly count: number
  readonly trace: boolean
}

/**
 * Runs seeds one after the other, progress on stderr, result on stdout. Returns the exit code: 0 nothing found, 2
 * wrong usage, 3 a violation, with the seed that shows it again.
 */
export async function runSeeds(args: readonly string[], parts: BrokerUnderTest): Promise<0 | 2 | 3> {
  const asked = askedFor(args)
  if (asked === null) {
    process.stderr.write(`${usage}\n`)
    return 2
  }
  const marks = new Map<string, number>()
  const bad: number[] = []
  let acknowledged = 0
  let virtualMs = 0
  for (let seed = asked.first; seed < asked.first + asked.count; seed++) {
    const outcome = await runOne(seed, parts, asked.trace)
    acknowledged += outcome.acknowledged
    virtualMs += outcome.virtualMs
    for (const [mark, count] of outcome.marks) marks.set(mark, (marks.get(mark) ?? 0) + count)
    if (outcome.violations.length > 0) {
      bad.push(seed)
      tell(outcome)
    }
    const done = seed - asked.first + 1
    if (done % 25 === 0 || done === asked.count) {
      process.stderr.write(`${done} of ${asked.count} seeds, ${bad.length} with violations\n`)
    }
    if (asked.count === 1) process.stdout.write(`trace hash ${outcome.traceHash}\n`)
  }
  for (const [mark, count] of [...marks].sort(([a], [b]) => (a < b ? -1 : 1))) process.stdout.write(`sometimes: ${mark}: ${count}\n`)
  process.stdout.write(
    `${asked.count} seeds, ${acknowledged} acknowledged batches, ${(virtualMs / 1000).toFixed(0)} virtual seconds, ` +
      `${bad.length} seeds with violations${bad.length > 0 ? `: ${bad.join(' ')}` : ''}\n`,
  )
  return bad.length > 0 ? 3 : 0
}

/** One seed, with what nobody in it caught counted as a violation of it. */
async function runOne(seed: number, parts: BrokerUnderTest, trace: boolean): Promise<RunOutcome> {
  const uncaught: unknown[] = []
  const note = (error: unknown) => void uncaught.push(error)
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
  try {
    const onTrace = (line: string) => void process.stderr.write(`${line}\n`)
    const outcome = await runSeed(seed, parts, trace ? { onTrace } : {})
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

function tell(outcome: RunOutcome): void {
  process.stderr.write(`seed ${outcome.seed} (trace ${outcome.traceHash}):\n`)
  for (const { code, partition, detail } of outcome.violations.slice(0, 10)) {
    process.stderr.write(`  ${code}${partition === '' ? '' : ` in ${partition}`}: ${detail}\n`)
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
