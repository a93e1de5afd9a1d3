/** Checks that build on each other, run one after the other and shown as a table. */
import { plainTable } from './table.ts'

/** One thing that must hold; the steps of a list build on each other. */
export interface Step<S> {
  /** The program that is run. */
  readonly tool: string
  readonly what: string
  /** Null when it can be run, else why not; left out when it always can. */
  skipReason?(session: S): string | null
  /** Throws what is wrong. */
  run(session: S): Promise<void>
}

interface Result {
  tool: string
  what: string
  outcome: 'pass' | 'fail' | 'skip'
  note: string
  seconds: number
}

/** Runs all of them, one that fails or not, and prints what came of each. Returns the exit code: 1 when one has failed. */
export async function runSteps<S>(
  steps: readonly Step<S>[],
  session: S,
  options: { readonly json?: true },
): Promise<number> {
  const results: Result[] = []
  for (const step of steps) results.push(await runStep(step, session))
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
  else show(results)
  return results.some(({ outcome }) => outcome === 'fail') ? 1 : 0
}

async function runStep<S>(step: Step<S>, session: S): Promise<Result> {
  const { tool, what } = step
  const reason = step.skipReason?.(session) ?? null
  if (reason !== null) {
    process.stderr.write(`skip ${tool} ${what}: ${reason}\n`)
    return { tool, what, outcome: 'skip', note: reason, seconds: 0 }
  }
  const begin = performance.now()
  const failure = await step.run(session).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  const seconds = (performance.now() - begin) / 1000
  const outcome = failure === null ? 'pass' : 'fail'
  process.stderr.write(`${outcome} ${tool} ${what} ${seconds.toFixed(1)} s${failure === null ? '' : `: ${failure}`}\n`)
  return { tool, what, outcome, note: failure ?? '', seconds }
}

function show(results: readonly Result[]): void {
  const table = plainTable(['tool', 'what', 'result', 's'])
  for (const { tool, what, outcome, seconds } of results) table.push([tool, what, outcome, seconds.toFixed(1)])
  const count = (of: Result['outcome']): number => results.filter(({ outcome }) => outcome === of).length
  process.stdout.write(
    `${table.toString()}\n${count('pass')} passed, ${count('fail')} failed, ${count('skip')} skipped\n`,
  )
  for (const { tool, what, note } of results) if (note !== '') process.stdout.write(`${tool}, ${what}: ${note}\n`)
}
