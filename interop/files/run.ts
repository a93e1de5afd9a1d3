/** `npm run interop:files`: the files of partitions, Trilog's read by Kafka's own tool. */
import { Command } from 'commander'
import { runMain } from '../child.ts'
import { runSteps } from '../steps.ts'
import { missingPrograms } from '../install/system-package.ts'
import { installKafka } from '../targets/kafka.ts'
import { startTrilog } from '../targets/trilog.ts'
import { FilesSession } from './files-session.ts'
import { ownFileSteps } from './own-files.ts'

await runMain(main)

async function main(): Promise<number> {
  const options = new Command('interop:files')
    .description("Has Apache Kafka's kafka-dump-log read the files of a broker, after everything that changes them.")
    .option('--json', 'results as JSON on standard output')
    .parse()
    .opts<{ json?: true }>()
  const missing = (await installKafka()) ?? (await missingPrograms('kcat'))
  if (missing !== null) throw new Error(`what the check needs is not there: ${missing}`)
  const target = await startTrilog()
  process.stderr.write(`${target.name} at ${target.bootstrap}\n`)
  const code = await runSteps(ownFileSteps, new FilesSession(target), options)
  await target.stop()
  return code
}
