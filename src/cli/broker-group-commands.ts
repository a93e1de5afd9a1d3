import { type BrokerGroupView, brokerGroups, changeBrokerGroup } from '../client/broker-groups.ts'
import type { KafkaClient } from '../client/kafka-client.ts'
import { replicaStates } from '../client/replica-states.ts'
import { type ClientOptions, withClient } from './client-session.ts'
import { CommandFailed } from './command-failed.ts'
import { leaderText } from './cluster-commands.ts'
import { type OutputOptions, printDone, printJson, printRows } from './output.ts'
import { replicaFacts, replicasText } from './replica-rows.ts'

type Common = ClientOptions & OutputOptions

export async function create(name: string, options: Common & { readonly members: readonly number[] }): Promise<void> {
  const { members } = options
  await withClient(options, (client) => changeBrokerGroup(client, name, members))
  printDone(options, { name, members, created: true }, `Broker group ${name} is made.`)
}

export async function list(options: Common): Promise<void> {
  await withClient(options, async (client) => {
    const groups = await brokerGroups(client)
    const rows = groups.map(({ name, members, topics }) => [name, members.join(','), topics.length])
    await printRows(options, groups, { head: ['GROUP', 'MEMBERS', 'TOPICS'], rows })
  })
}

export async function describe(name: string, options: Common): Promise<void> {
  await withClient(options, async (client) => {
    const facts = await factsOf(client, await groupOf(client, name))
    if (options.json) return printJson(facts)
    const rows = facts.members.map(({ broker, first, alive }) => {
      return [broker, first ? 'first: the primary where roles are fixed' : 'member', alive ? 'alive' : 'away']
    })
    await printRows(options, facts, { head: ['BROKER', 'PLACE', 'STATE'], rows })
    if (facts.partitions.length === 0) return void process.stdout.write('\nNo partition is dealt to it.\n')
    process.stdout.write('\n')
    await printRows(options, facts, {
      head: ['TOPIC', 'PARTITION', 'LEADER', 'REPLICAS WITH LOG END AND LAG'],
      rows: facts.partitions.map((one) => {
        return [one.topic, one.partition, leaderText(one.leader), replicasText(one.replicas)]
      }),
    })
  })
}

export async function remove(name: string, options: Common): Promise<void> {
  await withClient(options, (client) => changeBrokerGroup(client, name, null))
  printDone(options, { name, deleted: true }, `Broker group ${name} is deleted.`)
}

async function groupOf(client: KafkaClient, name: string): Promise<BrokerGroupView> {
  const group = (await brokerGroups(client)).find((one) => one.name === name)
  if (group === undefined) throw new CommandFailed(`There is no broker group ${name}.`)
  return group
}

async function factsOf(client: KafkaClient, { name, members, topics }: BrokerGroupView) {
  const view = await client.retry(() => client.describe(topics))
  const alive = new Set(view.brokers.map(({ id }) => id))
  const asked = members.filter((broker) => alive.has(broker))
  const states = topics.length === 0 ? [] : await replicaStates(client, asked, topics)
  const partitions = view.topics.flatMap(({ name: topic, partitions: all }) =>
    all.flatMap(({ partition, leader, replicas, inSync }) => {
      const known = states.filter((one) => one.topic === topic && one.partition === partition)
      if (!known.some(({ group }) => group === name)) return []
      return [{ topic, partition, leader, replicas: replicaFacts({ replicas, leader, inSync }, known, null) }]
    }),
  )
  return {
    name,
    members: members.map((broker, at) => ({ broker, first: at === 0, alive: alive.has(broker) })),
    topics,
    partitions,
  }
}
