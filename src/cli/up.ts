import type { Command } from 'commander'
import { brokersMax, controllersMax } from './cluster-plan.ts'
import { examples, port, upTo } from './command-line.ts'

interface UpOptions {
  readonly brokers?: number
  readonly controllers?: number
  readonly backups?: number
  readonly data: string
  readonly kafkaPort?: number
  readonly httpPort?: number
  readonly detach?: boolean
  readonly demo?: boolean
}

export function registerUp(program: Command): void {
  program
    .command('up')
    .summary('run a local cluster')
    .description(
      'Runs a local cluster, one process per broker or controller. The first time it makes the folder; later it goes on with what is there and starts those that are not running. Prints a line that begins with "ready" once clients can work.',
    )
    .option('--brokers <n>', `how many brokers, at most ${brokersMax} (default: 1)`, upTo(brokersMax))
    .option(
      '--controllers <k>',
      'have k processes of their own decide on leaders; without it the brokers do',
      upTo(controllersMax),
    )
    .option('--backups <k>', 'backups in each broker group (default: 1)', upTo(brokersMax - 1))
    .option('--data <dir>', 'folder of the cluster', './trilog-data')
    .option('--kafka-port <port>', 'Kafka port of the first broker (default: 9092, or a free one)', port)
    .option('--http-port <port>', 'HTTP port of the first broker (default: 8080, or a free one)', port)
    .option('--demo', 'as `npm start`: three brokers unless said otherwise, and topics to try')
    .option('--detach', 'return once ready; they go on until `trilog down`')
    .addHelpText(
      'after',
      examples(
        'trilog up',
        'trilog up --brokers 3',
        'trilog up --data /tmp/demo --kafka-port 19092 --http-port 18080 --detach',
      ),
    )
    .action(async (options: UpOptions) => {
      const { up } = await import('./local-cluster.ts')
      await up({ ...options, detach: options.detach ?? false, demo: options.demo ?? false })
    })
}
