import { commitLogOf } from '../metadata/topic-name.ts'
import type { KafkaClient } from '../client/kafka-client.ts'
import { type BrokerGroupView, brokerGroups } from '../client/broker-groups.ts'
import type { ClusterView, PartitionView } from '../client/cluster-view.ts'
import { describeBrokers, describeMetadataQuorum, type QuorumView } from '../client/describe-cluster.ts'
import { type ClientOptions, withClient } from './client-session.ts'
import { type OutputOptions, printJson, printRows } from './output.ts'

type Member = QuorumView['currentVoters'][number]

/** Partitions that are named; of more their number is told. */
const namedMax = 20

export async function describeCluster(options: ClientOptions & OutputOptions): Promise<void> {
  await withClient(options, async (client) => {
    const [cluster, quorum, view, groups] = await Promise.all([
      describeBrokers(client),
      describeMetadataQuorum(client),
      client.retry(() => client.describe(null)),
      brokerGroups(client),
    ])
    const partitions = partitionsIn(view)
    const logs = await commitLogsOf(client, groups)
    const brokers = cluster.brokers.map(({ brokerId: id, host, port, rack, isFenced }) => ({
      id,
      host,
      port,
      rack,
      alive: !isFenced,
      leads: partitions.filter(({ leader }) => leader === id).length,
      replicas: partitions.filter(({ replicas }) => replicas.includes(id)).length,
    }))
    const lacking = partitions.filter(({ leader, inSync, replicas }) => leader < 0 || inSync.length < replicas.length)
    const facts = {
      clusterId: cluster.clusterId,
      brokers,
      quorum: {
        leader: quorum.leaderId,
        epoch: quorum.leaderEpoch,
        highWatermark: quorum.highWatermark,
        voters: quorum.currentVoters.map((voter) => memberFacts(voter, quorum)),
        observers: quorum.observers.map((observer) => memberFacts(observer, quorum)),
      },
      groups: groups.map((group) => ({ ...group, commitLog: logs.get(group.name) ?? null })),
      partitions: partitions.length,
      lacking,
    }
    if (options.json) return printJson(facts)
    await print(facts)
  })
}

type Led = Pick<PartitionView, 'leader' | 'leaderEpoch'>

/** Who leads the commit logs of broker groups that have one. */
async function commitLogsOf(client: KafkaClient, groups: readonly BrokerGroupView[]): Promise<Map<string, Led>> {
  if (groups.length === 0) return new Map()
  const { topics } = await client.retry(() => client.describe(groups.map(({ name }) => commitLogOf(name))))
  return new Map(
    groups.flatMap(({ name: group }) => {
      const partition = topics.find(({ name }) => name === commitLogOf(group))?.partitions[0]
      if (partition === undefined) return []
      const { leader, leaderEpoch } = partition
      return [[group, { leader, leaderEpoch }] as const]
    }),
  )
}

type Placed = Pick<PartitionView, 'partition' | 'leader' | 'replicas' | 'inSync'> & { readonly topic: string }

function partitionsIn({ topics }: ClusterView): Placed[] {
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partition, leader, replicas, inSync }) => ({ topic: name, partition, leader, replicas, inSync })),
  )
}

function memberFacts(
  { replicaId: id, logEndOffset, lastCaughtUpTimestamp }: Member,
  { leaderId, ...quorum }: QuorumView,
) {
  const leaderEnd = quorum.currentVoters.find(({ replicaId }) => replicaId === leaderId)?.logEndOffset ?? -1
  const isKnown = logEndOffset >= 0 && leaderEnd >= 0
  return {
    id,
    logEndOffset: logEndOffset < 0 ? null : logEndOffset,
    lag: isKnown ? Math.max(0, leaderEnd - logEndOffset) : null,
    lastCaughtUp: lastCaughtUpTimestamp < 0 ? null : lastCaughtUpTimestamp,
  }
}

interface Facts {
  readonly clusterId: string
  readonly brokers: readonly {
    readonly id: number
    readonly host: string
    readonly port: number
    readonly rack: string | null
    readonly alive: boolean
    readonly leads: number
    readonly replicas: number
  }[]
  readonly quorum: {
    readonly leader: number
    readonly epoch: number
    readonly voters: readonly ReturnType<typeof memberFacts>[]
    readonly observers: readonly ReturnType<typeof memberFacts>[]
  }
  readonly groups: readonly (BrokerGroupView & { readonly commitLog: Led | null })[]
  readonly partitions: number
  readonly lacking: readonly Placed[]
}

async function print(facts: Facts): Promise<void> {
  const { clusterId, brokers, quorum, groups, partitions, lacking } = facts
  process.stdout.write(`Cluster ${clusterId}\n\n`)
  await printRows({}, facts, {
    head: ['BROKER', 'ADDRESS', 'RACK', 'STATE', 'LEADS', 'REPLICAS'],
    rows: brokers.map(({ id, host, port, rack, alive, leads, replicas }) => {
      return [id, `${host}:${port}`, rack, alive ? 'alive' : 'away', leads, replicas]
    }),
  })
  process.stdout.write(`\nNode ${quorum.leader} decides, in epoch ${quorum.epoch}\n\n`)
  const member = (role: string) => (each: Facts['quorum']['voters'][number]) =>
    [each.id, each.id === quorum.leader ? 'leader' : role, each.logEndOffset, each.lag] as const
  await printRows({}, facts, {
    head: ['NODE', 'METADATA LOG', 'END', 'LAG'],
    rows: [...quorum.voters.map(member('voter')), ...quorum.observers.map(member('reads along'))],
  })
  if (groups.length > 0) {
    process.stdout.write('\n')
    const rows = groups.map(({ name, members, topics, commitLog }) => [
      name,
      members[0] ?? null,
      members.slice(1).join(','),
      topics.length,
      commitLog === null ? null : `led by ${leaderText(commitLog.leader)}, epoch ${commitLog.leaderEpoch}`,
    ])
    await printRows({}, facts, { head: ['BROKER GROUP', 'FIRST', 'OTHERS', 'TOPICS', 'COMMIT LOG'], rows })
  }
  const verdict = lacking.length === 0 ? 'all have all their replicas in sync' : `${lacking.length} lack replicas`
  process.stdout.write(`\n${partitions} partitions: ${verdict}\n`)
  if (lacking.length === 0) return
  process.stdout.write('\n')
  await printRows({}, facts, {
    head: ['TOPIC', 'PARTITION', 'LEADER', 'REPLICAS', 'IN SYNC'],
    rows: lacking
      .slice(0, namedMax)
      .map((one) => [one.topic, one.partition, leaderText(one.leader), one.replicas.join(','), one.inSync.join(',')]),
  })
}

/** A partition that nobody leads has none. */
export const leaderText = (leader: number): string => (leader < 0 ? 'none' : `${leader}`)
