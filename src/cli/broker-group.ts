import type { Command } from 'commander'
import { type ClientOptions, withClientOptions } from './client-session.ts'
import { brokerIds, examples, wholeNumber } from './command-line.ts'
import { type OutputOptions, withJson } from './output.ts'
import type { PromoteOptions } from './promote-commands.ts'

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

  sub(
    'promote',
    'have a member take the place of the primary',
    'trilog broker-group promote group-1 2',
    'trilog broker-group promote group-1 2 --unclean',
  )
    .description(
      'Has a member of a broker group take the place of the primary, in all primary-backup partitions that are dealt to the group and in its order. Each is refused where acknowledged records may be on those that are away.',
    )
    .argument('<name>', 'name of the group')
    .argument('<broker>', 'id of the broker that is to lead', wholeNumber)
    .option('--unclean', 'go on with whoever answers; a receipt says from where on records may be lost')
    .action(async (group: string, broker: number, options: PromoteOptions) => {
      const { promoteBroker } = await import('./promote-commands.ts')
      await promoteBroker({ group }, broker, options)
    })

  sub('delete', 'delete a broker group that no topic uses', 'trilog broker-group delete west')
    .description('Deletes a broker group. The topics that were dealt over it must be gone.')
    .argument('<name>', 'name of the group')
    .action(async (name: string, options: Common) => (await commands()).remove(name, options))
}
