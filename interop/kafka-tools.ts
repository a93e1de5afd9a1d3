/** `npm run interop:tools`: Apache Kafka's own tools against a broker of one, judged by what they print. */
import { Command, Option } from 'commander'
import { runMain } from './child.ts'
import { runSteps } from './steps.ts'
import { installKafka } from './targets/kafka.ts'
import { externalTarget, startTarget } from './targets/start.ts'
import { type TargetName, targetNames } from './targets/target.ts'
import { clusterSteps } from './tools/cluster.ts'
import { configSteps } from './tools/configs.ts'
import { dataSteps } from './tools/data.ts'
import { groupSteps } from './tools/groups.ts'
import { ToolSession, type ToolStep } from './tools/tool-session.ts'
import { topicSteps } from './tools/topics.ts'

interface Options {
  target: TargetName
  bootstrap?: string
  json?: true
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
  const code = await runSteps(steps, new ToolSession(target), options)
  await target.stop()
  return code
}
