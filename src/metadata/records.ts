import { array } from '../codec/message.ts'
import { type MessageOf, message } from '../codec/message.ts'
import { Reader } from '../codec/reader.ts'
import { decode, encodeInto } from '../codec/message.ts'
import { joined, Writer } from '../codec/writer.ts'

/**
 * The records of the metadata log: the only way in which the cluster's image changes. Each carries its kind and version,
 * so that a broker of another release knows what it reads.
 */
const kinds = {
  /** A process of a broker: fenced until it says that it can serve. */
  'register-broker': {
    id: 1,
    version: 2,
    fields: message({
      brokerId: { type: 'int32', since: 0, about: 'Its node.id.' },
      directoryId: { type: 'uuid', since: 0, about: 'The folder that it keeps its logs in.' },
      host: { type: 'string', since: 0, about: 'Where clients reach it.' },
      port: { type: 'int32', since: 0, about: 'Where clients reach it.' },
      rack: { type: 'string', since: 0, nullableSince: 0, default: null, about: 'Its rack, if it has one.' },
      incarnation: { type: 'uuid', since: 1, about: 'Drawn at every start of the broker.' },
      peerHost: { type: 'string', since: 1, about: 'Where other brokers reach it; empty: nowhere.' },
      peerPort: { type: 'int32', since: 1, about: 'Where other brokers reach it.' },
      fenced: { type: 'bool', since: 1, default: false, about: 'It leads nothing and is in no in-sync set.' },
      epoch: {
        type: 'int64',
        since: 2,
        default: -1,
        about: 'Number of the registration; -1: the offset of this record.',
      },
    }),
  },
  topic: {
    id: 2,
    version: 0,
    fields: message({
      name: { type: 'string', since: 0, about: 'Unique among the topics.' },
      topicId: { type: 'uuid', since: 0, about: 'Never used again after the topic is deleted.' },
    }),
  },
  partition: {
    id: 3,
    version: 2,
    fields: message({
      topicId: { type: 'uuid', since: 0, about: 'The topic.' },
      partition: { type: 'int32', since: 0, about: 'From 0; the partitions of a topic come in order.' },
      replicas: { type: array('int32'), since: 0, about: 'Brokers, the preferred leader first.' },
      directories: { type: array('uuid'), since: 0, about: 'The folder of each replica, in the same order.' },
      inSync: { type: array('int32'), since: 0, about: 'Members of the in-sync set.' },
      leader: { type: 'int32', since: 0, about: 'The leading broker; -1: nobody.' },
      leaderEpoch: { type: 'int32', since: 0, about: 'Number of the leadership.' },
      eligible: { type: array('int32'), since: 1, about: 'Eligible leader replicas (KIP-966).' },
      partitionEpoch: { type: 'int32', since: 1, about: 'How often its state has changed.' },
      group: {
        type: 'string',
        since: 2,
        default: '',
        about: 'The broker group whose commit log it is a queue of, for ever; empty: it has a log of its own.',
      },
      adding: { type: array('int32'), since: 2, about: 'Replicas that a reassignment brings (KIP-455).' },
      removing: { type: array('int32'), since: 2, about: 'Replicas that go once it is done.' },
    }),
  },
  'partition-change': {
    id: 4,
    version: 3,
    fields: message({
      topicId: { type: 'uuid', since: 0, about: 'The topic.' },
      partition: { type: 'int32', since: 0, about: 'The partition within it.' },
      inSync: { type: array('int32'), since: 0, about: 'Members of the in-sync set from now on.' },
      eligible: { type: array('int32'), since: 0, about: 'Eligible leader replicas from now on (KIP-966).' },
      leader: { type: 'int32', since: 0, about: 'The leading broker from now on; -1: nobody.' },
      leaderEpoch: { type: 'int32', since: 0, about: 'Number of the leadership; higher where the leader changed.' },
      directories: {
        type: array('uuid'),
        since: 1,
        nullableSince: 1,
        default: null,
        about: 'The folder of each replica from now on; null: as before.',
      },
      replicas: {
        type: array('int32'),
        since: 2,
        nullableSince: 2,
        default: null,
        about: 'Brokers from now on, the preferred leader first; null: as before.',
      },
      partitionEpoch: {
        type: 'int32',
        since: 2,
        default: -1,
        about: 'How often its state has changed; -1: once more.',
      },
      adding: {
        type: array('int32'),
        since: 3,
        nullableSince: 3,
        default: null,
        about: 'Replicas that a reassignment brings (KIP-455); null: as before.',
      },
      removing: {
        type: array('int32'),
        since: 3,
        nullableSince: 3,
        default: null,
        about: 'Replicas that go once it is done; null: as before.',
      },
    }),
  },
  'remove-topic': {
    id: 5,
    version: 0,
    fields: message({ topicId: { type: 'uuid', since: 0, about: 'The topic that is gone, with its configuration.' } }),
  },
  config: {
    id: 6,
    version: 0,
    fields: message({
      resourceType: { type: 'int8', since: 0, about: 'Kafka numbers: 2 topic, 4 broker.' },
      resourceName: { type: 'string', since: 0, about: 'The topic, the broker id, or empty for all brokers.' },
      name: { type: 'string', since: 0, about: 'Name of the setting.' },
      value: { type: 'string', since: 0, nullableSince: 0, default: null, about: 'Null takes the setting back.' },
    }),
  },
  'producer-ids': {
    id: 7,
    version: 0,
    fields: message({
      brokerId: { type: 'int32', since: 0, about: 'Who got the block.' },
      nextProducerId: { type: 'int64', since: 0, about: 'The first id that nobody has been given yet.' },
    }),
  },
  'broker-change': {
    id: 8,
    version: 0,
    fields: message({
      brokerId: { type: 'int32', since: 0, about: 'A registered broker.' },
      fenced: { type: 'bool', since: 0, about: 'Whether it is fenced from now on.' },
    }),
  },
  'unregister-broker': {
    id: 9,
    version: 0,
    fields: message({ brokerId: { type: 'int32', since: 0, about: 'The broker that is gone for good.' } }),
  },
  'broker-group': {
    id: 20,
    version: 0,
    fields: message({
      name: { type: 'string', since: 0, about: 'Unique among the broker groups.' },
      members: { type: array('int32'), since: 0, about: 'Brokers from now on, the primary first.' },
    }),
  },
  'remove-broker-group': {
    id: 21,
    version: 0,
    fields: message({ name: { type: 'string', since: 0, about: 'The broker group that is gone.' } }),
  },
} as const

type Kinds = typeof kinds
type Kind = keyof Kinds

/** What few records have to say: snapshots, whose records stand for all the changes that have led to them, and reassignments. */
interface MayBeLeftOut {
  'register-broker': 'epoch'
  partition: 'eligible' | 'partitionEpoch' | 'adding' | 'removing' | 'group'
  'partition-change': 'partitionEpoch' | 'adding' | 'removing'
}

type FieldsOf<K extends Kind> = MessageOf<Kinds[K]['fields']>
type Written<K extends Kind> = K extends keyof MayBeLeftOut
  ? Omit<FieldsOf<K>, MayBeLeftOut[K]> & Partial<FieldsOf<K>>
  : FieldsOf<K>

/** One change of the image. */
export type MetadataRecord = { [K in Kind]: { readonly type: K } & Written<K> }[Kind]

const kindById = new Map<number, Kind>((Object.keys(kinds) as Kind[]).map((kind) => [kinds[kind].id, kind]))

/** The record as the value of a log record: kind, version, fields. */
export function encodeMetadataRecord(record: MetadataRecord): Uint8Array {
  return encodeMetadataRecords([record])[0] as Uint8Array
}

/** The same of several, as views on one piece of memory. */
export function encodeMetadataRecords(records: readonly MetadataRecord[]): Uint8Array[] {
  const writer = new Writer()
  const ends = records.map((record) => {
    const { id, version, fields } = kinds[record.type]
    writer.int16(id)
    writer.int16(version)
    encodeInto(writer, fields as Kinds['topic']['fields'], record as never, version)
    return writer.size
  })
  const bytes = joined(writer.finish())
  return ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end))
}

/** Refuses a kind or version that this release does not know: skipping one would leave the image wrong. */
export function decodeMetadataRecord(value: Uint8Array): MetadataRecord {
  const view = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (view.length < 4) throw new UnknownMetadataRecord(`a metadata record of ${view.length} bytes`)
  const type = kindById.get(view.readInt16BE(0))
  const version = view.readInt16BE(2)
  if (type === undefined || version > kinds[type].version) {
    throw new UnknownMetadataRecord(`metadata record ${type ?? view.readInt16BE(0)} version ${version}`)
  }
  const reader = new Reader(view)
  reader.skip(4)
  const record = decode(kinds[type].fields as Kinds['topic']['fields'], reader, version) as { type?: Kind }
  record.type = type
  return record as unknown as MetadataRecord
}

/** The metadata log holds what this release cannot read: it was written by a newer one, or is damaged. */
class UnknownMetadataRecord extends Error {
  constructor(what: string) {
    super(`${what} is unknown to this release of Trilog: the folder was written by a newer one`)
    this.name = 'UnknownMetadataRecord'
  }
}
