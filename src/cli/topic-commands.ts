import type { ClusterView } from '../client/cluster-view.ts'
import { alterTopicConfigs, describeTopicConfigs, type TopicConfigEntry } from '../client/configs.ts'
import type { KafkaClient } from '../client/kafka-client.ts'
import { describePartitions } from '../client/describe-cluster.ts'
import { KafkaError } from '../client/kafka-error.ts'
import { findOffsets, keyOf } from '../client/offsets.ts'
import { replicaStates } from '../client/replica-states.ts'
import { addPartitions, createTopic, deleteTopic } from '../client/topics.ts'
import { type ClientOptions, withClient } from './client-session.ts'
import { leaderText } from './cluster-commands.ts'
import { CommandFailed, exitCodes } from './command-failed.ts'
import { type OutputOptions, printDone, printJson, printRows } from './output.ts'
import type { Scheme } from '../replication/schemes.ts'
import { replicaFacts, replicasText } from './replica-rows.ts'
import type { AlterOptions, CreateOptions } from './topic.ts'
import { redundancyOf, tolerated, toleratedText } from './tolerated.ts'

type Common = ClientOptions & OutputOptions
type TopicView = ClusterView['topics'][number]

const topicAlreadyExists = 36
const unsupportedVersion = 35
const defaultSource = 5
const schemeSetting = 'replication.scheme'

export async function create(name: string, options: Common & CreateOptions): Promise<void> {
  const { partitions, replicationFactor, scheme, groups } = options
  const configs = {
    ...options.config,
    ...(scheme === undefined ? {} : { [schemeSetting]: scheme }),
    ...(groups === undefined ? {} : { 'replication.groups': groups }),
  }
  await withClient(options, async (client) => {
    const topic = {
      name,
      ...(partitions === undefined ? {} : { partitions }),
      ...(replicationFactor === undefined ? {} : { replicationFactor }),
      configs,
    }
    try {
      await createTopic(client, topic)
    } catch (error) {
      const there = error instanceof KafkaError && error.code === topicAlreadyExists
      if (!there || !options.ifNotExists) throw error
      return printDone(options, { name, created: false }, `Topic ${name} was there already.`)
    }
    printDone(options, { name, created: true }, `Topic ${name} is made.`)
  })
}

export async function list(options: Common & { readonly internal?: boolean }): Promise<void> {
  await withClient(options, async (client) => {
    const view = await client.retry(() => client.describe(null))
    const topics = view.topics
      .filter((topic) => options.internal || !topic.internal)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, topicId, internal, partitions }) => ({
        name,
        partitions: partitions.length,
        replicationFactor: partitions[0]?.replicas.length ?? 0,
        topicId,
        internal,
      }))
    const rows = topics.map((topic) => [topic.name, topic.partitions, topic.replicationFactor, topic.topicId])
    await printRows(options, topics, { head: ['TOPIC', 'PARTITIONS', 'REPLICAS', 'ID'], rows })
  })
}

export async function describe(name: string, options: Common & { readonly all?: boolean }): Promise<void> {
  await withClient(options, async (client) => {
    const { topic, brokers } = await topicOf(client, name)
    const entries = await describeTopicConfigs(client, name)
    const configs = shownConfigs(entries, options.all ?? false)
    const scheme = (entries.find((entry) => entry.name === schemeSetting)?.value ?? null) as Scheme['name'] | null
    const alive = new Set(brokers.map(({ id }) => id))
    const [ends, eligible, states] = await Promise.all([
      offsetsOf(client, topic),
      eligibleOf(client, name),
      replicaStates(client, [...alive], [name]),
    ])
    const promised = redundancyOf(entries)
    const partitions = topic.partitions.map(({ partition, leader, leaderEpoch, replicas, inSync }) => {
      const { earliest, latest } = ends.get(partition) ?? { earliest: null, latest: null }
      const sets = { replicas, inSync, eligible: eligible.get(partition) ?? [] }
      const tolerates = promised === null ? null : tolerated(promised, { leader, ...sets, alive })
      const known = states.filter((state) => state.partition === partition)
      const copies = replicaFacts({ replicas, inSync, leader }, known, scheme)
      const group = known.find((state) => state.group !== null)?.group ?? null
      const queue = queueOf(entries, partition)
      const offsets = { logStartOffset: earliest, highWatermark: latest }
      return { partition, leader, leaderEpoch, ...sets, ...offsets, tolerates, group, queue, copies }
    })
    const facts = { name, topicId: topic.topicId, internal: topic.internal, scheme, partitions, configs }
    if (options.json) return printJson(facts)
    process.stdout.write(`Topic ${name}, id ${topic.topicId}${scheme === null ? '' : `, replicated by ${scheme}`}\n\n`)
    await printRows(options, facts, {
      head: ['PARTITION', 'LEADER', 'EPOCH', 'REPLICAS', 'IN SYNC', 'ELIGIBLE', 'FROM', 'TO', 'MAY FAIL NOW'],
      rows: partitions.map((one) => [
        one.partition,
        leaderText(one.leader),
        one.leaderEpoch,
        one.replicas.join(','),
        one.inSync.join(','),
        one.eligible.length === 0 ? null : one.eligible.join(','),
        one.logStartOffset,
        one.highWatermark,
        toleratedText(one.tolerates),
      ]),
    })
    process.stdout.write('\n')
    await printRows(options, facts, {
      head: ['PARTITION', 'BROKER GROUP', 'REPLICAS WITH LOG END AND LAG'],
      rows: partitions.map(({ partition, group, queue, copies }) => {
        return [partition, queue === null ? group : `${group}, queue ${queue}`, replicasText(copies)]
      }),
    })
    process.stdout.write('\n')
    if (configs.length === 0) process.stdout.write('All settings are defaults.\n')
    else {
      const rows = configs.map((config) => [config.name, config.value, config.source])
      await printRows(options, facts, { head: ['SETTING', 'VALUE', 'FROM'], rows })
    }
  })
}

export async function alter(name: string, options: Common & AlterOptions): Promise<void> {
  const set = options.config ?? {}
  const { deleteConfig: remove, partitions } = options
  const configs = Object.keys(set).length + remove.length
  if (configs === 0 && partitions === undefined) {
    const what = '--config, --delete-config or --partitions'
    throw new CommandFailed(`Nothing to change: give ${what}.`, { exitCode: exitCodes.wrongUsage })
  }
  await withClient(options, async (client) => {
    if (configs > 0) await alterTopicConfigs(client, name, { set, remove })
    if (partitions !== undefined) await addPartitions(client, name, partitions)
  })
  printDone(
    options,
    { name, set, removed: remove, ...(partitions === undefined ? {} : { partitions }) },
    `Topic ${name} is changed.`,
  )
}

export async function remove(name: string, options: Common): Promise<void> {
  await withClient(options, (client) => deleteTopic(client, name))
  printDone(options, { name, deleted: true }, `Topic ${name} is deleted.`)
}

/** The topic and the living brokers, or the sentence that it is not there: it is not waited for. */
export async function topicOf(
  client: KafkaClient,
  name: string,
): Promise<Pick<ClusterView, 'brokers'> & { topic: TopicView }> {
  const { brokers, topics } = await client.retry(() => client.describe([name]))
  const topic = topics[0]
  if (topic === undefined || topic.errorCode === 3) throw new CommandFailed(`There is no topic ${name}.`)
  if (topic.errorCode !== 0) throw new KafkaError(topic.errorCode, `topic ${name}`)
  return { topic, brokers }
}

/** The replicas of each partition that are not in sync and may lead all the same. Brokers that cannot tell have none. */
async function eligibleOf(client: KafkaClient, topic: string): Promise<Map<number, readonly number[]>> {
  try {
    const partitions = await describePartitions(client, topic)
    return new Map(partitions.map((one) => [one.partitionIndex, one.eligibleLeaderReplicas ?? []]))
  } catch (error) {
    if (error instanceof KafkaError && error.code === unsupportedVersion) return new Map()
    throw error
  }
}

async function offsetsOf(
  client: KafkaClient,
  topic: TopicView,
): Promise<Map<number, { earliest: number; latest: number }>> {
  const led = topic.partitions.filter(({ leader }) => leader >= 0)
  const of = async (at: 'earliest' | 'latest') => {
    const found = await findOffsets(
      client,
      led.map(({ partition }) => ({ topic: topic.name, partition, at })),
    )
    return new Map(found.map((one) => [keyOf(one), one.offset]))
  }
  const [earliest, latest] = await Promise.all([of('earliest'), of('latest')])
  return new Map(
    led.map(({ partition }) => {
      const key = keyOf({ topic: topic.name, partition })
      return [partition, { earliest: earliest.get(key) ?? -1, latest: latest.get(key) ?? -1 }]
    }),
  )
}

/** Which queue of its broker group's commit log a partition is: from 0, of those of the topic; null: it has a log of its own. */
function queueOf(entries: readonly TopicConfigEntry[], partition: number): number | null {
  const valueOf = (name: string): string => entries.find((entry) => entry.name === name)?.value ?? ''
  if (valueOf('replication.unit') !== 'broker') return null
  return Math.floor(partition / valueOf('replication.groups').split(',').length)
}

const sourceNames: Readonly<Record<number, string>> = {
  1: 'topic',
  2: 'broker, while running',
  3: 'all brokers, while running',
  4: 'file of the broker',
  5: 'default',
}

function shownConfigs(
  entries: readonly TopicConfigEntry[],
  all: boolean,
): { name: string; value: string | null; source: string }[] {
  return entries
    .filter((entry) => all || entry.configSource !== defaultSource)
    .map(({ name, value, configSource }) => ({ name, value, source: sourceNames[configSource] ?? `${configSource}` }))
}
