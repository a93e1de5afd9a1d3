import type { Command } from 'commander'
import { examples, repeated } from './command-line.ts'
import { type OutputOptions, withJson } from './output.ts'

export function registerLog(program: Command): void {
  const log = program.command('log').description('Looks into the files of a broker.')
  registerImport(log)
  withJson(
    log
      .command('dump')
      .summary('print what a file of a log holds')
      .description(
        'Prints the batches of a segment (.log), and the entries of its .index, .timeindex, .txnindex and .snapshot, or a checkpoint. Of a folder, every such file in it. Checks sizes, CRCs and order: damage ends it with code 3.',
      )
      .argument('<path>', 'file, or folder of a partition')
      .option('--records', 'the records of each batch too'),
  )
    .addHelpText(
      'after',
      examples(
        'trilog log dump trilog-data/broker-1/data/orders-0',
        'trilog log dump trilog-data/broker-1/data/orders-0/00000000000000000000.log --records --json',
      ),
    )
    .action(async (path: string, options: OutputOptions & { readonly records?: boolean }) => {
      const { dump } = await import('./log-dump.ts')
      await dump(path, options)
    })
}

/** Options of `log import`. */
export interface LogImportOptions extends OutputOptions {
  readonly data: string
  readonly config?: string
  readonly topic?: readonly string[]
  readonly unclean?: boolean
  readonly dryRun?: boolean
}

function registerImport(log: Command): void {
  withJson(
    log
      .command('import')
      .summary("bring topics of Apache Kafka's folders into a stopped broker")
      .description(
        "Copies the partitions of Apache Kafka's log folders into the folder of a broker that is stopped, checks every batch, and makes their topics with Kafka's ids, settings, offsets and committed offsets of groups, one replica each. All of them or none; Kafka's folders are only read. docs/moving-from-kafka.md tells the steps around it.",
      )
      .argument('<folder...>', "folders of Kafka's log.dirs, Kafka stopped cleanly")
      .option('--data <dir>', 'folder of the cluster, whose one broker is stopped', './trilog-data')
      .option('--config <file>', "configuration of the broker, for one that runs with `broker run`, in --data's place")
      .option('--topic <name>', 'only this topic; may be repeated', repeated)
      .option('--unclean', 'take what Kafka has not closed: torn tails are cut, open transactions stay open')
      .option('--dry-run', 'say what would be imported, and what stands against it'),
  )
    .addHelpText(
      'after',
      examples(
        'trilog log import /var/lib/kafka/data --data trilog-data --dry-run',
        'trilog log import /var/lib/kafka/data --data trilog-data --topic orders --topic payments',
      ),
    )
    .action(async (folders: string[], options: LogImportOptions) => {
      const { importLogs } = await import('./log-import.ts')
      await importLogs(folders, options)
    })
}
