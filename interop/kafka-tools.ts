/** `npm run interop:tools`: Apache Kafka's own tools against a broker of one, judged by what they print. */
import { Command, Option } from 'commander'
import { runMain } from './child.ts'
import { installKafka } from './targets/kafka.ts'
import { externalTarget, startTarget } from './targets/start.ts'
import { type TargetName, targetNames } from './targets/target.ts'
import { clusterSteps } from './tools/cluster.ts'
import { configSteps } from './tools/configs.ts'
import { dataSteps } from './tools/data.ts'
import { groupSteps } from './tools/groups.ts'
import { ToolSession, type ToolStep } from './tools/tool-session.ts'
import { topicSteps } from './tools/topics.ts'
import { plainTable } from './table.ts'

interface Options {
  target: TargetName
  bootstrap?: string
  json?: true
}

interface Result {
  tool: string
  what: string
  outcome: 'pass' | 'fail' | 'skip'
  note: string
  seconds: number
}

const steps: readonly ToolStep[] = [...topicSteps, ...configSteps, ...dataSteps, ...groupSteps, ...clusterSteps]

await runMain(main)

async function main(): Promise<number> {
  const options = new Command('interop:tools')
    .description("Runs Apache Kafka's own command line tools against a broker.")
    .addOption(new Option('--target <name>', 'the broker to start').choices(targetNames).default('trilog'))
    .option('--bootstrap <host:port>', 'a broker that runs already, instead of --target')
    .option('--json', 'results as JSON on standard output')
    .parse()
    .opts<Options>()
  const missing = await installKafka()
  if (missing !== null) {
    process.stderr.write(`skipped, the tools are not there: ${missing}\n`)
    return 1
  }
  const { bootstrap } = options
  const target = bootstrap === undefined ? await startTarget(options.target) : externalTarget({ bootstrap })
  process.stderr.write(`${target.name} at ${target.bootstrap}\n`)
  const session = new ToolSession(target)
  const results: Result[] = []
  for (const step of steps) results.push(await runStep(step, session))
  await target.stop()
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
  else show(results)
  return results.some(({ outcome }) => outcome === 'fail') ? 1 : 0
}

async function runStep(step: ToolStep, session: ToolSession): Promise<Result> {
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
