import { type Command, Option } from 'commander'
import { type ClientOptions, withClientOptions } from './client-session.ts'
import { examples, nameValue, wholeNumber } from './command-line.ts'
import { type OutputOptions, withJson } from './output.ts'

export interface ProduceOptions extends ClientOptions, OutputOptions {
  readonly keySeparator?: string
  readonly partition?: number
  readonly header?: Readonly<Record<string, string>>
  readonly format: 'text' | 'json'
  readonly acks: '0' | '1' | 'all'
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly quiet?: boolean
}

export function registerProduce(program: Command): void {
  const command = program
    .command('produce')
    .summary('write lines as records')
    .description(
      'Writes each line of the files, or of stdin, as a record. With --format json a line is an object with key, value, headers, partition and timestamp, as `trilog consume --json` prints them.',
    )
    .argument('<topic>', 'name of the topic')
    .argument('[files...]', 'files to read (default: stdin)')
    .option('--key-separator <text>', 'what stands between key and value; a line without it has no key')
    .option('--partition <n>', 'write to this partition only', wholeNumber)
    .option('--header <name=value>', 'a header of every record; may be repeated', nameValue)
    .addOption(new Option('--format <format>', 'what a line is').choices(['text', 'json']).default('text'))
    .addOption(new Option('--acks <acks>', 'when a record counts as written').choices(['0', '1', 'all']).default('all'))
    .addOption(
      new Option('--compression <name>', 'how batches are compressed')
        .choices(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
        .default('none'),
    )
    .option('--quiet', 'no progress bar')
  withJson(withClientOptions(command))
    .addHelpText(
      'after',
      examples(
        'echo "7:seven" | trilog produce numbers --key-separator :',
        'trilog produce flights flights.csv --compression zstd',
      ),
    )
    .action(async (topic: string, files: string[], options: ProduceOptions) => {
      const { produce } = await import('./produce-lines.ts')
      await produce(topic, files, options)
    })
}
