import type { Command } from 'commander'
import { examples } from './command-line.ts'
import { type OutputOptions, withJson } from './output.ts'

export function registerLog(program: Command): void {
  const log = program.command('log').description('Looks into the files of a broker.')
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
