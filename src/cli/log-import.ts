import { resolve } from 'node:path'
import { LogDirectoryRefusal } from '../log/log-directory-refusal.ts'
import { openNodeRuntime } from '../runtime/node/node-runtime.ts'
import { ImportRefused, type ImportReport, importTopics } from '../server/import-topics.ts'
import { brokerConfigIn } from './broker-config-file.ts'
import { ClusterFolder } from './cluster-folder.ts'
import { CommandFailed } from './command-failed.ts'
import type { LogImportOptions } from './log.ts'
import { printJson, printRows } from './output.ts'
import { ProgressBar } from './progress-bar.ts'

/** Imports topics of Kafka's folders into the folder of a stopped broker; see `trilog log import --help`. */
export async function importLogs(folders: readonly string[], options: LogImportOptions): Promise<void> {
  const config = await brokerConfigIn(options.config ?? (await configIn(options.data)))
  const runtime = await openNodeRuntime({ log: { fd: 2, level: 'error' } })
  let bar: ProgressBar | null = null
  let copies = Promise.resolve()
  try {
    const report = await importTopics(runtime, config, {
      from: folders.map((folder) => resolve(folder)),
      topics: options.topic ?? null,
      unclean: options.unclean ?? false,
      dryRun: options.dryRun ?? false,
      onBegin: (bytes) => {
        copies = ProgressBar.open({ totalBytes: bytes, quiet: options.json ?? false, bytesOnly: true }).then(
          (opened) => void (bar = opened),
        )
      },
      onCopied: (bytes) => bar?.advance(bytes, 0),
    })
    await copies
    ;(bar as ProgressBar | null)?.stop(0)
    await show(report, options)
  } catch (error) {
    ;(bar as ProgressBar | null)?.stop(0)
    if (error instanceof ImportRefused) throw new CommandFailed(refusalText(error.problems), { cause: error })
    if (error instanceof LogDirectoryRefusal) throw new CommandFailed(`${error.message}.`, { cause: error })
    throw error
  }
}

async function configIn(data: string): Promise<string> {
  const folder = new ClusterFolder(data)
  const plan = await folder.existingPlan()
  if (plan.brokers.length > 1) {
    throw new CommandFailed(
      `${folder.path} holds ${plan.brokers.length} brokers: topics are imported into a single one.`,
    )
  }
  const broker = folder.nodes(plan).find(({ kind, id }) => kind === 'broker' && id === 1)
  if (broker === undefined) throw new CommandFailed(`${folder.path} has no broker 1.`)
  return broker.config
}

function refusalText(problems: readonly string[]): string {
  if (problems.length === 1) return `Nothing was imported: ${problems[0]}.`
  return `Nothing was imported:${problems.map((problem) => `\n  ${problem}`).join('')}`
}

async function show(report: ImportReport, options: LogImportOptions): Promise<void> {
  const facts = factsOf(report, options.dryRun ?? false)
  if (options.json) return printJson(facts)
  const rows = facts.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partition, from, to, bytes }) => [name, partition, from, to, bytes]),
  )
  await printRows(options, facts, { head: ['TOPIC', 'PARTITION', 'FROM', 'TO', 'BYTES'], rows })
  for (const note of notesOf(report)) process.stdout.write(`${note}\n`)
  if (options.dryRun) process.stdout.write('Nothing was changed.\n')
}

function factsOf({ topics, skipped, byBrokersRetention, forgotProducers }: ImportReport, dryRun: boolean) {
  return {
    imported: !dryRun,
    topics: topics.map(({ name, topicId, configs, leftOut, areConfigsKnown, partitions, copies }) => ({
      name,
      topicId,
      configs: Object.fromEntries(configs),
      areConfigsKnown,
      leftOut,
      partitions: partitions.map(({ partition }, i) => ({
        partition,
        from: copies[i]?.logStartOffset ?? null,
        to: copies[i]?.logEndOffset ?? null,
        bytes: copies[i]?.sizeBytes ?? null,
        lastEpoch: copies[i]?.lastEpoch ?? null,
        cutBytes: copies[i]?.cutBytes ?? null,
        openSince: copies[i]?.openSince ?? null,
      })),
    })),
    skipped,
    byBrokersRetention,
    forgotProducers,
  }
}

function* notesOf({ topics, skipped, byBrokersRetention, forgotProducers }: ImportReport): Generator<string> {
  for (const { topic, why } of skipped) yield `${topic} is left out: ${why}.`
  for (const { name, leftOut, areConfigsKnown, copies } of topics) {
    if (!areConfigsKnown) yield `${name}: its settings are not known here; it keeps all records until you alter it.`
    for (const { name: setting, value, why } of leftOut) yield `${name}: ${setting}=${value} is left out: ${why}.`
    for (const { partition, cutBytes, openSince } of copies) {
      if (cutBytes > 0) yield `${name}-${partition}: ${cutBytes} bytes of a torn tail were cut.`
      if (openSince !== null) yield `${name}-${partition}: a transaction is open since offset ${openSince}.`
    }
  }
  const { topics: without, ms } = byBrokersRetention
  if (without.length > 0 && ms >= 0) {
    const many = without.slice(0, 5).join(', ') + (without.length > 5 ? ` and ${without.length - 5} more` : '')
    yield `${many}: no retention.ms of their own, so the broker's ${ms} ms hold; Kafka's may have been longer.`
  }
  if (forgotProducers)
    yield 'Producer ids of Kafka were given to others here: idempotent producers of Kafka begin anew.'
}
