import type { BrokerId } from '../../replication/replica-id.ts'
import { type ClusterImage, resourceTypes } from '../image.ts'
import type { MetadataRecord } from '../records.ts'
import { topicNameFault } from '../topic-name.ts'
import type { Decision, DecisionContext, Refused } from './decision.ts'

const settingName = 'replication.groups'

export interface CreateBrokerGroup {
  readonly name: string
  /** In their order: the first is the primary where roles are fixed. */
  readonly members: readonly BrokerId[]
  /** Members may still be on their way, as those of a cluster that is just started. */
  readonly awaitsMembers: boolean
}

type Created = { readonly code: 'created' } | Refused<'group-exists' | 'invalid-group'>

/** Makes a broker group. One with the same members that is there already is no error. */
export function createBrokerGroup({ image }: DecisionContext, request: CreateBrokerGroup): Decision<Created> {
  const { name, members } = request
  const before = image.brokerGroups.get(name)
  if (before !== undefined) {
    const isSame = before.members.join() === members.join()
    const message = `broker group '${name}' is there already, with members ${before.members.join(', ')}`
    return { records: [], answer: isSame ? { code: 'created' } : { code: 'group-exists', message } }
  }
  const message = faultOf(image, request)
  if (message !== null) return { records: [], answer: { code: 'invalid-group', message } }
  return { records: [{ type: 'broker-group', name, members: [...members] }], answer: { code: 'created' } }
}

type Deleted = { readonly code: 'deleted' } | Refused<'unknown-group' | 'group-in-use'>

/** Deletes a broker group that no topic is dealt over, with its commit log. */
export function deleteBrokerGroup({ image }: DecisionContext, { name }: { readonly name: string }): Decision<Deleted> {
  if (!image.brokerGroups.has(name)) {
    return { records: [], answer: { code: 'unknown-group', message: `there is no broker group '${name}'` } }
  }
  const topics = topicsOfGroup(image, name)
  if (topics.length > 0) {
    const others = topics.length === 1 ? '' : ` and ${topics.length - 1} more`
    const message = `broker group '${name}' is used by topic '${topics[0]}'${others}`
    return { records: [], answer: { code: 'group-in-use', message } }
  }
  const log = image.commitLog(name)
  const records: MetadataRecord[] = log === null ? [] : [{ type: 'remove-topic', topicId: log.topic.id }]
  return { records: [...records, { type: 'remove-broker-group', name }], answer: { code: 'deleted' } }
}

/** Has a member stand first: it was promoted in the partitions that are dealt to the group. */
export function orderBrokerGroup(
  { image }: DecisionContext,
  { name, first }: { readonly name: string; readonly first: BrokerId },
): Decision<{ readonly ordered: boolean }> {
  const members = image.brokerGroups.get(name)?.members ?? []
  if (!members.includes(first)) return { records: [], answer: { ordered: false } }
  const ordered = [first, ...members.filter((member) => member !== first)]
  return { records: [{ type: 'broker-group', name, members: ordered }], answer: { ordered: true } }
}

/** The groups that a topic's partitions are dealt over; none: they are dealt over brokers. */
export function groupsOfTopic(image: ClusterImage, topic: string): readonly string[] {
  const text = image.settings(resourceTypes.topic, topic).get(settingName) ?? ''
  return text === '' ? [] : text.split(',')
}

/** Topics whose partitions are dealt over the group, by name. */
export function topicsOfGroup(image: ClusterImage, group: string): string[] {
  return [...image.topics.keys()].filter((topic) => groupsOfTopic(image, topic).includes(group)).sort()
}

function faultOf(image: ClusterImage, { name, members, awaitsMembers }: CreateBrokerGroup): string | null {
  if (topicNameFault(name) !== null)
    return `'${name}' is no name of a broker group: as of topics, letters, digits, '.', '_' and '-'`
  // replication.groups takes a number for how many are to be chosen.
  if (/^\d+$/.test(name)) return `'${name}' is a number, and no name of a broker group`
  if (members.length === 0) return 'a broker group needs at least one member'
  if (new Set(members).size !== members.length) return `broker group '${name}' names a broker twice`
  const unknown = members.find((broker) => !image.brokers.has(broker))
  if (unknown !== undefined && !awaitsMembers) return `broker ${unknown} is not registered`
  return null
}
