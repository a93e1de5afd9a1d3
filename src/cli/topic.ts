import type { Command } from 'commander'
import { type ClientOptions, withClientOptions } from './client-session.ts'
import { examples, nameValue, positiveInteger, repeated } from './command-line.ts'
import { type OutputOptions, withJson } from './output.ts'

type Common = ClientOptions & OutputOptions

const commands = () => import('./topic-commands.ts')

export function registerTopic(program: Command): void {
  const topic = program.command('topic').description('Makes, shows, changes and deletes topics.')
  const sub: Sub = (name, summary, ...lines) =>
    withJson(withClientOptions(topic.command(name).summary(summary))).addHelpText('after', examples(...lines))

  sub(
    'create',
    'make a topic',
    'trilog topic create orders --partitions 3 --replication-factor 3 --config min.insync.replicas=2',
    'trilog topic create clicks --partitions 50 --scheme majority --groups majority-1 --config replication.unit=broker',
  )
    .description('Makes a topic. What is not said is the broker’s default.')
    .argument('<name>', 'name of the topic')
    .option('--partitions <n>', 'how many partitions', positiveInteger)
    .option('--replication-factor <n>', 'how many replicas each has', positiveInteger)
    .option('--scheme <name>', 'how it is replicated: isr (default), majority or primary-backup')
    .option('--groups <groups>', 'broker groups to deal its partitions over, or how many of them')
    .option('--config <name=value>', 'a setting of the topic; may be repeated', nameValue)
    .option('--if-not-exists', 'do nothing when it is there already')
    .action(async (name: string, options: Common & CreateOptions) => (await commands()).create(name, options))

  sub('list', 'list the topics', 'trilog topic list', 'trilog topic list --internal --json')
    .description('Lists the topics.')
    .option('--internal', 'the brokers’ own topics too')
    .action(async (options: Common & { readonly internal?: boolean }) => (await commands()).list(options))

  sub('describe', 'show partitions and settings of a topic', 'trilog topic describe orders')
    .description(
      'Shows the partitions of a topic with their leaders, replicas (in sync, and eligible to lead all the same) and offsets, how far each replica is, and the settings that are not defaults.',
    )
    .argument('<name>', 'name of the topic')
    .option('--all', 'all settings, defaults too')
    .action(async (name: string, options: Common & { readonly all?: boolean }) =>
      (await commands()).describe(name, options),
    )

  sub(
    'alter',
    'change settings of a topic, or add partitions',
    'trilog topic alter orders --config retention.ms=86400000 --partitions 6',
    'trilog topic alter orders --delete-config retention.ms',
  )
    .description(
      'Changes settings of a topic, or adds partitions to it. Keys go to other partitions when there are more.',
    )
    .argument('<name>', 'name of the topic')
    .option('--partitions <n>', 'how many partitions it shall have', positiveInteger)
    .option('--config <name=value>', 'a setting to set; may be repeated', nameValue)
    .option('--delete-config <name>', 'a setting to take back; may be repeated', repeated, [])
    .action(async (name: string, options: Common & AlterOptions) => (await commands()).alter(name, options))

  registerElect(sub)

  sub('delete', 'delete a topic with all its records', 'trilog topic delete orders')
    .description('Deletes a topic with all its records.')
    .argument('<name>', 'name of the topic')
    .action(async (name: string, options: Common) => (await commands()).remove(name, options))
}

type Sub = (name: string, summary: string, ...lines: string[]) => Command

function registerElect(sub: Sub): void {
  sub(
    'elect',
    'have preferred replicas lead again',
    'trilog topic elect orders',
    'trilog topic elect orders --partition 0 --partition 2',
    'trilog topic elect',
    'trilog topic elect orders --unclean',
  )
    .description(
      'Has the partitions of a topic, or of all topics, led by their first replicas, where these are in sync and alive. Nothing is lost by that; it is with --unclean.',
    )
    .argument('[name]', 'name of the topic; all topics without it')
    .option('--partition <n>', 'only this partition of the topic; may be repeated', repeated, [])
    .option('--unclean', 'where nobody leads who has all: the longest log of those that live; what it lacks is lost')
    .action(async (name: string | undefined, options: Common & ElectOptions) =>
      (await import('./topic-elect.ts')).elect(name ?? null, options),
    )
}

export interface CreateOptions {
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly scheme?: string
  readonly groups?: string
  readonly config?: Readonly<Record<string, string>>
  readonly ifNotExists?: boolean
}

export interface ElectOptions {
  readonly partition: readonly string[]
  readonly unclean?: boolean
}

export interface AlterOptions {
  readonly partitions?: number
  readonly config?: Readonly<Record<string, string>>
  readonly deleteConfig: readonly string[]
}
