import {
  commitOffsets,
  committedOffsets,
  deleteGroup,
  describeGroup,
  type GroupDescription,
  type GroupMember,
  listAllGroups,
} from '../client/groups.ts'
import type { KafkaClient } from '../client/kafka-client.ts'
import { findOffsets, keyOf, type OffsetQuery, type TopicPartition } from '../client/offsets.ts'
import { type ClientOptions, withClient } from './client-session.ts'
import { CommandFailed, exitCodes } from './command-failed.ts'
import type { ResetOptions } from './group.ts'
import { type OutputOptions, printDone, printJson, printRows } from './output.ts'
import { topicOf } from './topic-commands.ts'

type Common = ClientOptions & OutputOptions

export async function list(options: Common): Promise<void> {
  await withClient(options, async (client) => {
    const groups = (await listAllGroups(client)).sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
    const rows = groups.map((group) => [group.groupId, group.state, group.protocolType || null])
    await printRows(options, groups, { head: ['GROUP', 'STATE', 'PROTOCOL'], rows })
  })
}

export async function describe(id: string, options: Common): Promise<void> {
  await withClient(options, async (client) => {
    const group = await existing(client, id)
    const offsets = await standing(client, group)
    const facts = { ...group, offsets }
    if (options.json) return printJson(facts)
    const protocol = group.protocol === '' ? '' : `, assignor ${group.protocol}`
    process.stdout.write(`Group ${id} is ${group.state}, coordinated by broker ${group.coordinator}${protocol}.\n\n`)
    await printRows(options, facts, {
      head: ['TOPIC', 'PARTITION', 'OFFSET', 'END', 'LAG', 'MEMBER', 'HOST'],
      rows: offsets.map(({ topic, partition, offset, end, lag, member }) => {
        return [
          topic,
          partition,
          offset,
          end,
          lag,
          member?.instanceId ?? member?.memberId ?? null,
          member?.host ?? null,
        ]
      }),
    })
    const idle = group.members.filter(({ assigned }) => assigned === null || assigned.length === 0)
    for (const member of idle) process.stdout.write(`\nMember ${member.memberId} (${member.host}) owns nothing.\n`)
  })
}

export async function reset(id: string, options: Common & ResetOptions): Promise<void> {
  const where = whereOf(options.to)
  await withClient(options, async (client) => {
    const group = await describeGroup(client, id)
    if (group.members.length > 0) {
      throw new CommandFailed(
        `Group ${id} has ${group.members.length} members: its offsets can be set once they are gone.`,
      )
    }
    const partitions = (await Promise.all(options.topic.map((one) => partitionsIn(client, one)))).flat()
    const offsets = await targets(client, partitions, where)
    if (!options.dryRun) await commitOffsets(client, id, offsets)
    const rows = offsets.map(({ topic, partition, offset }) => [topic, partition, offset])
    await printRows(
      options,
      { group: id, dryRun: options.dryRun ?? false, offsets },
      {
        head: ['TOPIC', 'PARTITION', options.dryRun ? 'WOULD BE' : 'OFFSET'],
        rows,
      },
    )
  })
}

export async function remove(id: string, options: Common): Promise<void> {
  await withClient(options, async (client) => {
    await existing(client, id)
    await deleteGroup(client, id)
  })
  printDone(options, { group: id, deleted: true }, `Group ${id} is deleted.`)
}

async function existing(client: KafkaClient, id: string): Promise<GroupDescription> {
  const group = await describeGroup(client, id)
  if (group.state === 'Dead') throw new CommandFailed(`There is no group ${id}.`)
  return group
}

interface Standing extends TopicPartition {
  /** Null: nothing is committed. */
  readonly offset: number | null
  readonly end: number | null
  readonly lag: number | null
  readonly member: GroupMember | null
}

/** Where the group stands in each partition that it owns or has an offset for. */
async function standing(client: KafkaClient, group: GroupDescription): Promise<Standing[]> {
  const committed = await committedOffsets(client, group.groupId, null)
  const owners = new Map<string, GroupMember>()
  const all = new Map<string, TopicPartition>()
  for (const { topic, partition } of committed) all.set(keyOf({ topic, partition }), { topic, partition })
  for (const member of group.members) {
    for (const at of member.assigned ?? []) {
      owners.set(keyOf(at), member)
      all.set(keyOf(at), at)
    }
  }
  const offsetOf = new Map(committed.map((one) => [keyOf(one), one.offset]))
  const endOf = await endsOf(client, [...all.values()])
  return [...all]
    .map(([key, { topic, partition }]) => {
      const offset = offsetOf.get(key) ?? null
      const end = endOf.get(key) ?? null
      const lag = offset === null || end === null ? null : Math.max(0, end - offset)
      return { topic, partition, offset, end, lag, member: owners.get(key) ?? null }
    })
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
}

/** Ends of those partitions that are there: a group may outlive its topics. */
async function endsOf(client: KafkaClient, partitions: readonly TopicPartition[]): Promise<Map<string, number>> {
  const names = [...new Set(partitions.map(({ topic }) => topic))]
  if (names.length === 0) return new Map()
  const view = await client.retry(() => client.describe(names))
  const count = new Map(
    view.topics.filter((topic) => topic.errorCode === 0).map((topic) => [topic.name, topic.partitions.length]),
  )
  const there = partitions.filter(({ topic, partition }) => partition < (count.get(topic) ?? 0))
  const found = await findOffsets(
    client,
    there.map(({ topic, partition }) => ({ topic, partition, at: 'latest' as const })),
  )
  return new Map(found.map((one) => [keyOf(one), one.offset]))
}

/** `NAME` or `NAME:PARTITION`. */
async function partitionsIn(client: KafkaClient, text: string): Promise<TopicPartition[]> {
  const match = /^([^:]+)(?::(\d+))?$/.exec(text)
  if (match === null)
    throw new CommandFailed(`--topic ${text}: it is NAME or NAME:PARTITION.`, { exitCode: exitCodes.wrongUsage })
  const { topic } = await topicOf(client, match[1] as string)
  const all = topic.partitions.map(({ partition }) => ({ topic: topic.name, partition }))
  if (match[2] === undefined) return all
  const one = all.filter(({ partition }) => partition === Number(match[2]))
  if (one.length === 0)
    throw new CommandFailed(`Topic ${topic.name} has no partition ${match[2]}: it has ${all.length}.`)
  return one
}

type Where = { readonly offset: number } | { readonly at: OffsetQuery }

function whereOf(text: string): Where {
  if (text === 'earliest' || text === 'latest') return { at: text }
  if (/^\d{1,15}$/.test(text)) return { offset: Number(text) }
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return { at: time }
  const forms = 'earliest, latest, an offset, or a time as 2026-01-31T12:00:00Z'
  throw new CommandFailed(`--to ${text}: it is ${forms}.`, { exitCode: exitCodes.wrongUsage })
}

async function targets(
  client: KafkaClient,
  partitions: readonly TopicPartition[],
  where: Where,
): Promise<(TopicPartition & { offset: number })[]> {
  const of = (at: OffsetQuery) =>
    findOffsets(
      client,
      partitions.map((one) => ({ ...one, at })),
    )
  const [earliest, latest] = await Promise.all([of('earliest'), of('latest')])
  const wanted = 'at' in where ? await of(where.at) : []
  return partitions.map((one, index) => {
    const from = earliest[index]?.offset ?? 0
    const end = latest[index]?.offset ?? 0
    const offset = 'offset' in where ? where.offset : (wanted[index]?.offset ?? -1)
    // No record is that late: the end. An offset that is not there: the nearest that is.
    return { ...one, offset: offset < 0 ? end : Math.min(Math.max(offset, from), end) }
  })
}
