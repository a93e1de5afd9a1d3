import type { Command } from 'commander'
import { type ClientOptions, withClientOptions } from './client-session.ts'
import { brokerIds, examples } from './command-line.ts'
import { type OutputOptions, withJson } from './output.ts'

type Common = ClientOptions & OutputOptions

const commands = () => import('./broker-group-commands.ts')

export function registerBrokerGroup(program: Command): void {
  const group = program
    .command('broker-group')
    .description('Makes, shows and deletes broker groups: brokers that hold together what is dealt to them.')
  const sub = (name: string, summary: string, ...lines: string[]) =>
    withJson(withClientOptions(group.command(name).summary(summary))).addHelpText('after', examples(...lines))

  sub('create', 'make a broker group', 'trilog broker-group create west --members 1,2')
    .description(
      'Makes a broker group. Topics that name it in replication.groups have their partitions on its members, in their order.',
    )
    .argument('<name>', 'name of the group')
    .requiredOption('--members <ids>', 'its brokers, the primary first', brokerIds)
    .action(async (name: string, options: Common & { readonly members: readonly number[] }) =>
      (await commands()).create(name, options),
    )

  sub('list', 'list the broker groups', 'trilog broker-group list')
    .description('Lists the broker groups with their members.')
    .action(async (options: Common) => (await commands()).list(options))

  sub('describe', 'show members and partitions of a broker group', 'trilog broker-group describe group-1')
    .description(
      'Shows the members of a broker group with their roles, and how far each is with the partitions dealt to it.',
    )
    .argument('<name>', 'name of the group')
    .action(async (name: string, options: Common) => (await commands()).describe(name, options))

  sub('delete', 'delete a broker group that no topic uses', 'trilog broker-group delete west')
    .description('Deletes a broker group. The topics that were dealt over it must be gone.')
    .argument('<name>', 'name of the group')
    .action(async (name: string, options: Common) => (await commands()).remove(name, options))
}
