import {
  type ClusterImage,
  type PartitionImage,
  type ResourceSettings,
  resourceTypes,
  type TopicImage,
} from '../image.ts'
import type { MetadataRecord } from '../records.ts'

/**
 * Records that make of `before` what `after` is, an image of the same history that is no older: of an empty one they are a
 * snapshot. One at a time, so that whoever writes them down need not hold them all; neither image may change meanwhile.
 */
export function* recordsBetween(before: ClusterImage, after: ClusterImage): Generator<MetadataRecord> {
  yield* brokersBetween(before, after)
  for (const { id: topicId } of before.topics.values()) {
    if (after.topicById(topicId) === null) yield { type: 'remove-topic', topicId }
  }
  for (const topic of after.topics.values()) yield* topicBetween(before.topicById(topic.id), topic)
  yield* settingsBetween(before, after)
  yield* groupsBetween(before, after)
  if (after.nextProducerId > before.nextProducerId) {
    yield { type: 'producer-ids', brokerId: -1, nextProducerId: after.nextProducerId }
  }
}

function* brokersBetween(before: ClusterImage, after: ClusterImage): Generator<MetadataRecord> {
  for (const brokerId of before.brokers.keys()) {
    if (!after.brokers.has(brokerId)) yield { type: 'unregister-broker', brokerId }
  }
  for (const broker of after.brokers.values()) {
    const { id: brokerId, peer, epoch, fenced, directoryId, host, port, rack, incarnation } = broker
    const known = before.brokers.get(brokerId)
    if (known?.epoch !== epoch) {
      const at = { host, port, peerHost: peer?.host ?? '', peerPort: peer?.port ?? 0, rack }
      yield { type: 'register-broker', brokerId, directoryId, incarnation, ...at, fenced, epoch }
    } else if (known.fenced !== fenced) yield { type: 'broker-change', brokerId, fenced }
  }
}

function* topicBetween(
  before: TopicImage | null,
  { name, id: topicId, partitions }: TopicImage,
): Generator<MetadataRecord> {
  if (before === null) yield { type: 'topic', name, topicId }
  for (const partition of partitions) {
    const known = before?.partitions[partition.index]
    if (known === undefined) yield wholePartition(topicId, partition)
    // The state of a queue is its commit log's.
    else if (partition.group !== null) continue
    else if (known.partitionEpoch !== partition.partitionEpoch) {
      const { index, inSync, eligible, leader, leaderEpoch, directories, replicas, partitionEpoch, moving } = partition
      const state = { replicas, inSync, eligible, leader, leaderEpoch, directories, partitionEpoch, ...movedBy(moving) }
      yield { type: 'partition-change', topicId, partition: index, ...state }
    }
  }
}

function wholePartition(
  topicId: string,
  { index: partition, group, moving, ...state }: PartitionImage,
): MetadataRecord {
  return { type: 'partition', topicId, partition, ...state, ...movedBy(moving), group: group ?? '' }
}

const movedBy = (moving: PartitionImage['moving']) => moving ?? { adding: [], removing: [] }

/** Settings go with their topic or broker: of one that has gone, or was made again, there are none before. */
function* settingsBetween(before: ClusterImage, after: ClusterImage): Generator<MetadataRecord> {
  const none: ReadonlyMap<string, string> = new Map()
  for (const { resourceType, resourceName, settings } of after.resources) {
    const resource = { resourceType, resourceName }
    const known = wentBetween(before, after, resource) ? none : before.settings(resourceType, resourceName)
    for (const [name, value] of settings) {
      if (known.get(name) !== value) yield { type: 'config', ...resource, name, value }
    }
  }
  for (const { settings, resourceType, resourceName } of before.resources) {
    const resource = { resourceType, resourceName }
    if (wentBetween(before, after, resource)) continue
    const kept = after.settings(resourceType, resourceName)
    for (const name of settings.keys()) if (!kept.has(name)) yield { type: 'config', ...resource, name, value: null }
  }
}

function wentBetween(
  before: ClusterImage,
  after: ClusterImage,
  { resourceType, resourceName }: Pick<ResourceSettings, 'resourceType' | 'resourceName'>,
): boolean {
  if (resourceType === resourceTypes.topic) {
    const topic = before.topics.get(resourceName)
    return topic !== undefined && after.topicById(topic.id) === null
  }
  if (resourceType !== resourceTypes.broker || resourceName === '') return false
  return before.brokers.has(Number(resourceName)) && !after.brokers.has(Number(resourceName))
}

function* groupsBetween({ brokerGroups: before }: ClusterImage, after: ClusterImage): Generator<MetadataRecord> {
  for (const name of before.keys()) if (!after.brokerGroups.has(name)) yield { type: 'remove-broker-group', name }
  for (const { name, members } of after.brokerGroups.values()) {
    const known = before.get(name)?.members
    const isSame = known?.length === members.length && known.every((member, at) => member === members[at])
    if (!isSame) yield { type: 'broker-group', name, members }
  }
}
