import { type Command, InvalidArgumentError } from 'commander'
import { type ClientOptions, withClientOptions } from './client-session.ts'
import { examples, wholeNumber } from './command-line.ts'
import { type OutputOptions, withJson } from './output.ts'
import type { PromoteOptions } from './promote-commands.ts'

interface PartitionName {
  readonly topic: string
  readonly partition: number
}

export function registerReplica(program: Command): void {
  const replica = program.command('replica').description('Changes who holds and leads a partition.')
  for (const what of ['add', 'remove'] as const) {
    const isAdded = what === 'add'
    const summary = isAdded ? 'have a broker hold a partition as well' : 'have a broker hold a partition no more'
    withJson(withClientOptions(replica.command(what).summary(summary)))
      .description(
        isAdded
          ? 'Has a broker hold a partition as well: it follows first, and counts once it has caught up. Of a majority partition its leader is asked, which needs no metadata quorum.'
          : 'Has a broker hold a partition no more. What it leads goes to another one; a primary is to be replaced by a promotion first.',
      )
      .argument('<topic:partition>', 'the partition', partitionName)
      .argument('<broker>', 'id of the broker', wholeNumber)
      .addHelpText('after', examples(`trilog replica ${what} orders:0 4`))
      .action(async (partition: PartitionName, broker: number, options: ClientOptions & OutputOptions) => {
        const { changeReplicas } = await import('./replica-commands.ts')
        await changeReplicas(partition, broker, { ...options, add: isAdded })
      })
  }
  withJson(withClientOptions(replica.command('promote').summary('have a backup take the place of the primary')))
    .description(
      'Has a backup of a primary-backup partition take the place of its primary. Refused where acknowledged records may be on those that are away.',
    )
    .argument('<topic:partition>', 'the partition', partitionName)
    .argument('<broker>', 'id of the broker that is to lead', wholeNumber)
    .option('--unclean', 'go on with whoever answers; a receipt says from where on records may be lost')
    .addHelpText('after', examples('trilog replica promote orders:0 2'))
    .action(async (partition: PartitionName, broker: number, options: PromoteOptions) => {
      const { promoteBroker } = await import('./promote-commands.ts')
      await promoteBroker(partition, broker, options)
    })
}

function partitionName(text: string): PartitionName {
  const match = /^([a-zA-Z0-9._-]+):(\d{1,9})$/.exec(text)
  if (match === null) throw new InvalidArgumentError('It is TOPIC:PARTITION, for example orders:0.')
  return { topic: match[1] as string, partition: Number(match[2]) }
}
