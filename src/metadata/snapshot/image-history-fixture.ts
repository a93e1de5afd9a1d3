import { ClusterImage, type PartitionImage, resourceTypes, type TopicImage } from '../image.ts'
import { decodeMetadataRecord, encodeMetadataRecord, type MetadataRecord } from '../records.ts'

/** Numbers of one step of a history: each picks one thing. */
export type Draws = readonly [what: number, which: number, how: number]

type Kind = MetadataRecord['type']
type RecordOf<K extends Kind> = MetadataRecord & { readonly type: K }

const uuidOf = (n: number): string => `${n}`.padStart(21, 'A').slice(-21).concat('A')
const pick = <T>(all: readonly T[], at: number): T | undefined => all[at % Math.max(1, all.length)]

/**
 * A record of each kind that may come next in a history, or null where none may. A new kind of record has to be added here, and
 * so is looked for in snapshots.
 */
const nextOf: { readonly [K in Kind]: (image: ClusterImage, which: number, how: number) => RecordOf<K> | null } = {
  'register-broker': (_image, which, how) => ({
    type: 'register-broker',
    brokerId: which % 4,
    directoryId: uuidOf(how % 7),
    host: `host-${which % 4}`,
    port: how,
    rack: how % 3 === 0 ? null : `rack-${how % 3}`,
    incarnation: uuidOf(how),
    peerHost: how % 4 === 0 ? '' : 'peer',
    peerPort: how % 4 === 0 ? 0 : how,
    fenced: how % 2 === 0,
  }),
  'broker-change': (image, which, how) => {
    const broker = pick([...image.brokers.values()], which)
    return broker === undefined ? null : { type: 'broker-change', brokerId: broker.id, fenced: how % 2 === 0 }
  },
  'unregister-broker': (image, which) => {
    const broker = pick([...image.brokers.values()], which)
    return broker === undefined ? null : { type: 'unregister-broker', brokerId: broker.id }
  },
  topic: (image, which, how) => {
    const name = `topic-${which % 5}`
    return image.topics.has(name) ? null : { type: 'topic', name, topicId: uuidOf(1000 + how * 5 + (which % 5)) }
  },
  partition: (image, which, how) => {
    const topic = topicIn(image, which)
    if (topic === undefined) return null
    const replicas = [how % 4, (how + 1) % 4]
    return {
      type: 'partition',
      topicId: topic.id,
      partition: topic.partitions.length,
      replicas,
      directories: replicas.map((id) => uuidOf(id)),
      inSync: replicas,
      leader: replicas[0] as number,
      leaderEpoch: how % 3,
    }
  },
  'partition-change': (image, which, how) => {
    const topic = topicIn(image, which)
    const before: PartitionImage | undefined = topic === undefined ? undefined : pick(topic.partitions, how)
    if (topic === undefined || before === undefined) return null
    const replicas = how % 5 === 0 ? before.replicas.toReversed() : null
    return {
      type: 'partition-change',
      topicId: topic.id,
      partition: before.index,
      inSync: before.replicas.slice(0, how % 3),
      eligible: before.replicas.slice(how % 3),
      leader: how % 3 === 0 ? -1 : (before.replicas[0] as number),
      leaderEpoch: before.leaderEpoch + (how % 2),
      directories: how % 4 === 0 || replicas !== null ? before.replicas.map((id) => uuidOf(id + how)) : null,
      replicas,
    }
  },
  'remove-topic': (image, which) => {
    const topic = topicIn(image, which)
    return topic === undefined ? null : { type: 'remove-topic', topicId: topic.id }
  },
  config: (image, which, how) => {
    const topic = topicIn(image, which)
    const broker = how % 5 === 0 ? '' : `${which % 4}`
    const resource =
      how % 2 === 0 && topic !== undefined
        ? { resourceType: resourceTypes.topic, resourceName: topic.name }
        : { resourceType: resourceTypes.broker, resourceName: broker }
    const value = how % 3 === 0 ? null : `${how}`
    return { type: 'config', ...resource, name: `setting-${how % 3}`, value }
  },
  'broker-group': (_image, which, how) => {
    return { type: 'broker-group', name: `group-${which % 3}`, members: [how % 4, (how + 1) % 4].slice(how % 2) }
  },
  'remove-broker-group': (image, which) => {
    const name = pick([...image.brokerGroups.keys()], which)
    return name === undefined ? null : { type: 'remove-broker-group', name }
  },
  'producer-ids': (image, which, how) => {
    return { type: 'producer-ids', brokerId: which % 4, nextProducerId: image.nextProducerId + 1 + how }
  },
}

const topicIn = (image: ClusterImage, which: number): TopicImage | undefined => pick([...image.topics.values()], which)

/** Images as they follow from each other, with the record that led to each; the first one is empty. */
export class ImageHistory {
  readonly records: MetadataRecord[] = []
  readonly image = new ClusterImage('cluster')

  step([what, which, how]: Draws): void {
    const kinds = Object.keys(nextOf) as Kind[]
    const record = nextOf[kinds[what % kinds.length] as Kind](this.image, which, how)
    if (record === null) return
    this.image.replay(throughBytes(record), this.records.length)
    this.records.push(record)
  }
}

export const throughBytes = (record: MetadataRecord): MetadataRecord =>
  decodeMetadataRecord(encodeMetadataRecord(record))

/** All that an image shows now, whatever it will show some day. */
export function factsOf(image: ClusterImage): object {
  const shown = Object.entries(Object.getOwnPropertyDescriptors(ClusterImage.prototype)).filter(([, { get }]) => get)
  // Orders are of no account: a map that has grown another way is the same image.
  const sorted = (value: unknown): unknown => (value instanceof Map ? new Map([...value].sort(byKey)) : value)
  return structuredClone(Object.fromEntries(shown.map(([name, { get }]) => [name, sorted(get?.call(image))])))
}

const byKey = ([one]: [unknown, unknown], [other]: [unknown, unknown]): number => (`${one}` < `${other}` ? -1 : 1)
