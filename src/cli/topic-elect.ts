import { electLeadersOf } from '../client/elect-leaders.ts'
import type { KafkaClient } from '../client/kafka-client.ts'
import { type ClientOptions, withClient } from './client-session.ts'
import { wholeNumber } from './command-line.ts'
import { CommandFailed, exitCodes } from './command-failed.ts'
import { type OutputOptions, printRows } from './output.ts'
import type { ElectOptions } from './topic.ts'
import { topicOf } from './topic-commands.ts'

/** Has preferred replicas lead; fails where one of them cannot. */
export async function elect(name: string | null, options: ClientOptions & OutputOptions & ElectOptions): Promise<void> {
  const chosen = options.partition.map(wholeNumber)
  if (name === null && (chosen.length > 0 || options.unclean)) {
    throw new CommandFailed('--partition and --unclean need the name of a topic.', { exitCode: exitCodes.wrongUsage })
  }
  const elected = await withClient(options, async (client) => {
    const topics = name === null ? null : [{ topic: name, partitions: await partitionsOf(client, name, chosen) }]
    return electLeadersOf(client, { type: options.unclean ? 'unclean' : 'preferred', topics })
  })
  const facts = elected.map(({ topic, partition, outcome, error }) => {
    return { topic, partition, outcome, error: error?.codeName ?? null, message: error?.message ?? null }
  })
  if (facts.length === 0 && !options.json) process.stdout.write('All partitions are led by their preferred replicas.\n')
  else {
    const rows = facts.map((one) => [one.topic, one.partition, one.outcome, one.message])
    await printRows(options, facts, { head: ['TOPIC', 'PARTITION', 'ELECTION', 'BECAUSE'], rows })
  }
  const refused = facts.filter(({ outcome }) => outcome === 'refused').length
  if (refused > 0) throw new CommandFailed(`${refused} of ${facts.length} elections were refused.`)
}

async function partitionsOf(client: KafkaClient, name: string, chosen: readonly number[]): Promise<readonly number[]> {
  if (chosen.length > 0) return chosen
  const { topic } = await topicOf(client, name)
  return topic.partitions.map(({ partition }) => partition)
}
