import type { Command } from 'commander'
import { CommandFailed } from './command-failed.ts'
import { examples, port, positiveInteger } from './command-line.ts'

interface UpOptions {
  readonly brokers?: number
  readonly data: string
  readonly kafkaPort?: number
  readonly httpPort?: number
  readonly detach?: boolean
}

export function registerUp(program: Command): void {
  program
    .command('up')
    .summary('run a local cluster')
    .description(
      'Runs a local cluster, one process per broker. The first time it makes the folder; later it goes on with what is there and starts the brokers that are not running. Prints a line that begins with "ready" once clients can work.',
    )
    .option('--brokers <n>', 'how many brokers (1 in this release)', positiveInteger)
    .option('--data <dir>', 'folder of the cluster', './trilog-data')
    .option('--kafka-port <port>', 'Kafka port of the first broker (default: 9092, or a free one)', port)
    .option('--http-port <port>', 'HTTP port of the first broker (default: 8080, or a free one)', port)
    .option('--detach', 'return once ready; the brokers go on until `trilog down`')
    .addHelpText(
      'after',
      examples('trilog up', 'trilog up --data /tmp/demo --kafka-port 19092 --http-port 18080 --detach'),
    )
    .action(async (options: UpOptions) => {
      if ((options.brokers ?? 1) !== 1) {
        throw new CommandFailed('This release runs one broker per cluster: leave --brokers out, or say --brokers 1.')
      }
      const { up } = await import('./local-cluster.ts')
      await up({ ...options, detach: options.detach ?? false })
    })
}
