/** `npm run interop:files`: the files of partitions, Trilog's under Kafka's own tools, and Kafka's under Trilog. */
import { Command } from 'commander'
import { runMain } from '../child.ts'
import { runSteps, type Step } from '../steps.ts'
import { missingPrograms } from '../install/system-package.ts'
import { installKafka, startKafka } from '../targets/kafka.ts'
import { startTrilog } from '../targets/trilog.ts'
import { FilesSession } from './files-session.ts'
import { MoveSession } from './move-session.ts'
import { movedFileSteps } from './moved-files.ts'
import { ownFileSteps } from './own-files.ts'

await runMain(main)

async function main(): Promise<number> {
  const options = new Command('interop:files')
    .description(
      "Reads a broker's files with Apache Kafka's own tools, and moves files of Apache Kafka into Trilog and back.",
    )
    .option('--json', 'results as JSON on standard output')
    .option('--moved', 'only the files of Apache Kafka')
    .parse()
    .opts<{ json?: true; moved?: true }>()
  const missing = (await installKafka()) ?? (await missingPrograms('kcat'))
  if (missing !== null) throw new Error(`what the check needs is not there: ${missing}`)
  const trilog = await startTrilog()
  // Segments below a log start go at once: until then Kafka looks for times in them, too, and finds nothing.
  const kafka = await startKafka('log.retention.check.interval.ms=500', 'log.initial.task.delay.ms=500')
  process.stderr.write(`${trilog.name} at ${trilog.bootstrap}, ${kafka.name} at ${kafka.bootstrap}\n`)
  const own = new FilesSession(trilog)
  const move = new MoveSession(new FilesSession(kafka), own)
  // Those that move come last: they leave both brokers stopped.
  const steps = [...(options.moved ? [] : on(own, ownFileSteps)), ...on(move, movedFileSteps)]
  const code = await runSteps(steps, null, options)
  await trilog.stop()
  await kafka.stop()
  return code
}

/** The steps with the session that they are of. */
function on<S>(session: S, steps: readonly Step<S>[]): Step<null>[] {
  return steps.map(({ tool, what, run, skipReason }) => ({
    tool,
    what,
    run: () => run(session),
    ...(skipReason === undefined ? {} : { skipReason: () => skipReason(session) }),
  }))
}
