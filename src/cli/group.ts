import type { Command } from 'commander'
import { type ClientOptions, withClientOptions } from './client-session.ts'
import { examples, repeated } from './command-line.ts'
import { type OutputOptions, withJson } from './output.ts'

type Common = ClientOptions & OutputOptions

const commands = () => import('./group-commands.ts')

export interface ResetOptions {
  readonly topic: string[]
  readonly to: string
  readonly dryRun?: boolean
}

export function registerGroup(program: Command): void {
  const group = program.command('group').description('Shows, resets and deletes consumer groups.')
  const sub = (name: string, summary: string, ...lines: string[]) =>
    withJson(withClientOptions(group.command(name).summary(summary))).addHelpText('after', examples(...lines))

  sub('list', 'list the groups', 'trilog group list')
    .description('Lists the groups of all brokers.')
    .action(async (options: Common) => (await commands()).list(options))

  sub('describe', 'show members, offsets and lag of a group', 'trilog group describe billing')
    .description('Shows the members of a group, what they own, where the group stands and what it has before it.')
    .argument('<group>', 'id of the group')
    .action(async (id: string, options: Common) => (await commands()).describe(id, options))

  sub(
    'reset',
    'set the offsets of a group that has no members',
    'trilog group reset billing --topic orders --to earliest',
    'trilog group reset billing --topic orders:0 --to 1500',
    'trilog group reset billing --topic orders --to 2026-01-31T00:00:00Z --dry-run',
  )
    .description('Sets where a group goes on. Its members must be gone.')
    .argument('<group>', 'id of the group')
    .requiredOption('--topic <name[:partition]>', 'what to set; may be repeated', repeated)
    .requiredOption('--to <where>', 'earliest, latest, an offset, or a time as 2026-01-31T12:00:00Z')
    .option('--dry-run', 'only show what would be set')
    .action(async (id: string, options: Common & ResetOptions) => (await commands()).reset(id, options))

  sub('delete', 'delete a group that has no members, with its offsets', 'trilog group delete billing')
    .description('Deletes a group with its offsets. Its members must be gone.')
    .argument('<group>', 'id of the group')
    .action(async (id: string, options: Common) => (await commands()).remove(id, options))
}
