import { type Command, Option } from 'commander'
import { examples } from './command-line.ts'
import { type OutputOptions, withJson } from './output.ts'

/** Where receipts are read from. */
export interface ReceiptOptions extends OutputOptions {
  readonly data: string
  readonly http?: string
  readonly folder?: string
}

export interface ListOptions extends ReceiptOptions {
  readonly topic?: string
}

export interface SaveOptions extends ReceiptOptions {
  readonly format: 'json' | 'batches'
}

const commands = () => import('./receipt-commands.ts')

export function registerReceipts(program: Command): void {
  const receipts = program
    .command('receipts')
    .description('Shows what replicas have lost or cut, and saves the records that are kept of it.')
  const sub = (name: string, summary: string, ...lines: string[]) =>
    withSources(withJson(receipts.command(name).summary(summary))).addHelpText('after', examples(...lines))

  sub('list', 'list the receipts of all brokers', 'trilog receipts list', 'trilog receipts list --topic orders --json')
    .description('Lists what the copies of partitions have lost or cut, oldest first.')
    .option('--topic <name>', 'only of this topic')
    .action(async (options: ListOptions) => (await commands()).list(options))

  sub('show', 'show one receipt', 'trilog receipts show 3Z1jUqEwR5yq0PQ8yY8m1w')
    .description('Shows what was cut: offsets, epochs, producers, what may have been acknowledged, and why.')
    .argument('<id>', 'id of the receipt, or its beginning')
    .action(async (id: string, options: ReceiptOptions) => (await commands()).show(id, options))

  sub(
    'save',
    'save the records that are kept with a receipt',
    'trilog receipts save 3Z1jUqEwR5yq0PQ8yY8m1w cut.jsonl',
    'trilog receipts save 3Z1jUqEwR5yq0PQ8yY8m1w 00000000000000001500.log --format batches',
  )
    .description(
      'Writes the records that were cut and are kept to a new file: as JSON lines, which `trilog produce --format json` takes, or as the batches that were in the log, which `trilog log dump` reads.',
    )
    .argument('<id>', 'id of the receipt, or its beginning')
    .argument('<file>', 'a file that is not there yet')
    .addOption(new Option('--format <format>', 'form of the file').choices(['json', 'batches']).default('json'))
    .action(async (id: string, file: string, options: SaveOptions) => (await commands()).save(id, file, options))
}

function withSources(command: Command): Command {
  return command
    .option(
      '--data <dir>',
      'folder of a local cluster: its brokers are asked, and folders of stopped ones read',
      './trilog-data',
    )
    .option('--http <url[,url…]>', "HTTP ports of brokers, in --data's place")
    .option('--folder <dir>', "log directory of one stopped broker, in --data's place")
}
