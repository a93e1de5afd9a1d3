import type { Command } from 'commander'
import { type ClientOptions, withClientOptions } from './client-session.ts'
import { examples } from './command-line.ts'
import { type OutputOptions, withJson } from './output.ts'

export function registerCluster(program: Command): void {
  const cluster = program.command('cluster').description('Shows the cluster.')
  withJson(withClientOptions(cluster.command('describe').summary('show brokers, voters and what is amiss')))
    .description(
      'Shows the brokers with what they lead, the voters of the metadata log with how far they are, the broker groups, and the partitions that lack replicas.',
    )
    .addHelpText('after', examples('trilog cluster describe', 'trilog cluster describe --json'))
    .action(async (options: ClientOptions & OutputOptions) => {
      const { describeCluster } = await import('./cluster-commands.ts')
      await describeCluster(options)
    })
}
