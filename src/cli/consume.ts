import { type Command, Option } from 'commander'
import { type ClientOptions, withClientOptions } from './client-session.ts'
import { examples, positiveInteger, wholeNumber } from './command-line.ts'
import { type OutputOptions, withJson } from './output.ts'

export interface ConsumeOptions extends ClientOptions, OutputOptions {
  readonly group?: string
  readonly partition?: number
  readonly from: string
  readonly max?: number
  readonly untilEnd?: boolean
  readonly timeout?: number
  readonly format: 'value' | 'full'
  readonly keySeparator?: string
  readonly readCommitted?: boolean
}

export function registerConsume(program: Command): void {
  const command = program
    .command('consume')
    .summary('print the records of a topic')
    .description(
      'Prints records as they come, until Ctrl-C, --max, --until-end or --timeout. With --group the partitions are shared with the group’s other members, and what was printed is committed.',
    )
    .argument('<topic>', 'name of the topic')
    .option('--group <id>', 'consume as a member of this group')
    .option('--partition <n>', 'this partition only', wholeNumber)
    .option('--from <where>', 'earliest, latest, an offset, or a time as 2026-01-31T12:00:00Z', 'latest')
    .option('--max <n>', 'end after so many records', positiveInteger)
    .option('--until-end', 'end where the topic ended at the start')
    .option('--timeout <ms>', 'end when nothing came for so long', positiveInteger)
    .addOption(
      new Option('--format <format>', 'the value alone, or with place, time, key and headers')
        .choices(['value', 'full'])
        .default('value'),
    )
    .option('--key-separator <text>', 'print key, this and the value')
    .option('--read-committed', 'leave out records of transactions that were aborted')
  withJson(withClientOptions(command))
    .addHelpText(
      'after',
      examples(
        'trilog consume orders --from earliest --until-end',
        'trilog consume orders --group billing --from earliest --json',
        'trilog consume orders --partition 0 --from 1500 --max 10 --format full',
      ),
    )
    .action(async (topic: string, options: ConsumeOptions) => {
      const { consume } = await import('./consume-records.ts')
      await consume(topic, options)
    })
}
