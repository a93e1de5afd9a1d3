import type { BrokerId } from '../../replication/replica-id.ts'
import { electOf, type Scheme } from '../../replication/schemes.ts'
import type { BrokerGroupImage, ClusterImage } from '../image.ts'
import { groupsOfTopic } from './broker-groups.ts'
import type { Refused } from './decision.ts'

interface ChosenFor {
  readonly scheme: Scheme['name']
  /** -1: as many as the groups have. */
  readonly replicationFactor: number
  /** Whether the topic may have queues in a group. */
  readonly isFit: (group: string) => boolean
}

/**
 * The broker groups over which a new topic is dealt. `wanted` is what `replication.groups` says: names, or how many; of as
 * many as are wanted those with the fewest partitions are taken, so that topics spread.
 */
export function chooseGroups(
  image: ClusterImage,
  wanted: readonly string[],
  topic: ChosenFor,
): readonly BrokerGroupImage[] | Refused<'invalid-config'> {
  const count = wanted.length === 1 && /^\d+$/.test(wanted[0] ?? '') ? Number(wanted[0]) : null
  if (count !== null) return leastUsed(image, count, topic)
  const groups: BrokerGroupImage[] = []
  for (const name of wanted) {
    const group = image.brokerGroups.get(name)
    if (group === undefined) return refuse(`there is no broker group '${name}'`)
    groups.push(group)
  }
  const sizes = new Set(groups.map(({ members }) => members.length))
  if (sizes.size > 1) return refuse('the broker groups of a topic must have equally many members')
  const [size] = sizes
  if (topic.replicationFactor !== -1 && topic.replicationFactor !== size) {
    return refuse(`${size} brokers are in each of these groups, and ${topic.replicationFactor} replicas are asked for`)
  }
  return groups
}

/** The replicas of partitions `from` to `upTo` (exclusive): they are dealt to the groups in turn, for as long as the topic lives. */
export function dealPartitions(
  groups: readonly BrokerGroupImage[],
  { from, upTo }: { readonly from: number; readonly upTo: number },
): (readonly BrokerId[])[] {
  return Array.from({ length: upTo - from }, (_, nth) => groups[(from + nth) % groups.length]?.members ?? [])
}

/** The group that a partition was dealt to; null: none. */
export function groupOfPartition(image: ClusterImage, topic: string, partition: number): BrokerGroupImage | null {
  const names = groupsOfTopic(image, topic)
  return image.brokerGroups.get(names[partition % names.length] ?? '') ?? null
}

function leastUsed(
  image: ClusterImage,
  count: number,
  { scheme, replicationFactor, isFit }: ChosenFor,
): readonly BrokerGroupImage[] | Refused<'invalid-config'> {
  if (count < 1) return refuse('replication.groups: at least one broker group is needed')
  const sizes = [...image.brokerGroups.values()].map(({ members }) => members.length)
  // Votes want many members; whoever copies to backups does so to as few as there may be.
  const fit = electOf(scheme) === 'self' ? Math.max(...sizes) : Math.min(...sizes)
  const size = replicationFactor === -1 ? fit : replicationFactor
  const fitting = [...image.brokerGroups.values()].filter(({ name, members }) => members.length === size && isFit(name))
  if (fitting.length < count) {
    return refuse(
      `replication.groups: ${count} broker groups of ${size} members are wanted, there are ${fitting.length}`,
    )
  }
  const used = partitionsByGroup(image)
  const order = (one: BrokerGroupImage, other: BrokerGroupImage): number =>
    (used.get(one.name) ?? 0) - (used.get(other.name) ?? 0) ||
    one.name.localeCompare(other.name, 'en', { numeric: true })
  return fitting.sort(order).slice(0, count)
}

function partitionsByGroup(image: ClusterImage): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { name, partitions } of image.topics.values()) {
    const groups = groupsOfTopic(image, name)
    for (const { index } of groups.length === 0 ? [] : partitions) {
      const group = groups[index % groups.length] as string
      counts.set(group, (counts.get(group) ?? 0) + 1)
    }
  }
  return counts
}

const refuse = (message: string): Refused<'invalid-config'> => ({ code: 'invalid-config', message })
