import {
  assignedTopics,
  encodeAssignment,
  encodeSubscription,
  subscribedTopics,
} from '../../src/client/consumer-protocol.ts'
import { crc32c } from '../../src/codec/crc32c.ts'
import { MalformedInput } from '../../src/codec/malformed-input.ts'
import { InvalidBrokerConfig, parseBrokerConfig } from '../../src/config/broker-config.ts'
import { InvalidConfigFile, readConfigFile } from '../../src/config/config-file.ts'
import { subscribedTopicsOf } from '../../src/consumer-group/consumer-protocol.ts'
import { decodeGroupRecord } from '../../src/consumer-group/records.ts'
import { decodeOffsetCheckpoint, encodeOffsetCheckpoint } from '../../src/log/checkpoint-file.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from '../../src/log/producer-snapshot.ts'
import { ProducerEntry } from '../../src/log/producer-state-entry.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from '../../src/metadata/records.ts'
import { decodePeerFrame, encodePeerFrame } from '../../src/peer/peer-frames.ts'
import { buildBatch } from '../../src/record/batch-builder.ts'
import { BatchHeader, batchHeaderBytes } from '../../src/record/batch-header.ts'
import { endTransactionOf } from '../../src/record/control-record.ts'
import { readRecords } from '../../src/record/record-reader.ts'
import { type Form, type FormBytes, formsTarget, type ReaderOf, readerOf } from '../forms.ts'
import { kafkasBatches } from '../good-batches.ts'
import type { Target } from '../target.ts'

const uuid = 'AAAAAAAAAAAAAAAAAAAAAQ'
/** Records of Trilog's own topics, frames between brokers, what members of groups say, settings. */
export function recordsTarget(name: string, reader: ReaderOf = readerOf): Target<FormBytes> {
  return formsTarget({
    name,
    reader,
    about:
      'metadata and group records, frames between brokers, subscriptions, control records, producer snapshots, checkpoints, configuration files',
    share: 20,
    forms,
  })
}

const malformed = MalformedInput.name

const forms: readonly Form[] = [
  {
    name: 'metadata record',
    good: () => [
      encodeMetadataRecord({ type: 'topic', name: 'words', topicId: uuid }),
      encodeMetadataRecord({ type: 'remove-topic', topicId: uuid }),
      encodeMetadataRecord({
        type: 'partition',
        topicId: uuid,
        partition: 3,
        replicas: [1, 2],
        directories: [uuid, uuid],
        inSync: [1],
        leader: 1,
        leaderEpoch: 5,
      }),
      encodeMetadataRecord({ type: 'config', resourceType: 2, resourceName: 'words', name: 'flush.ms', value: null }),
    ],
    refusals: [malformed, 'UnknownMetadataRecord'],
    read: decodeMetadataRecord,
  },
  {
    name: 'group record',
    // Length of the key, the key, the value: as two in one, so that both are changed.
    good: async () => (await kafkasRecords()).map(({ key, value }) => twoInOne(key, value)),
    refusals: [malformed],
    read: (bytes) => decodeGroupRecord(apart(bytes)),
  },
  {
    name: 'peer frame',
    good: () => [
      framed({ type: 'hello', clusterId: uuid, brokerId: 1, directoryId: uuid, incarnation: uuid }),
      framed({ type: 'ask', number: 3, subject: 'metadata', body: Buffer.from('question') }),
      framed({ type: 'reply', number: 3, refused: false, body: Buffer.from('answer') }),
      framed({ type: 'beat' }),
    ],
    refusals: [malformed],
    read: decodePeerFrame,
  },
  {
    name: 'subscription',
    good: () => [encodeSubscription(['words', 'flights'])],
    refusals: [malformed],
    read: (bytes) => [subscribedTopicsOf(bytes), subscribedTopics(bytes)],
  },
  {
    name: 'assignment',
    good: () => [encodeAssignment([{ topic: 'words', partitions: [0, 1, 2] }])],
    refusals: [malformed],
    read: assignedTopics,
  },
  {
    name: 'control record',
    good: () => [controlBatch.subarray(batchHeaderBytes), Buffer.concat([longVarint, controlBatch.subarray(66)])],
    refusals: [],
    read: (bytes) => endTransactionOf(inControlBatch(bytes)),
  },
  {
    name: 'producer snapshot',
    good: () => [encodeProducerSnapshot([producerEntry(4000), producerEntry(4001)]), encodeProducerSnapshot([])],
    refusals: [],
    read: (bytes) => [decodeProducerSnapshot(bytes), decodeProducerSnapshot(withCrc(bytes))],
  },
  {
    name: 'offset checkpoint',
    good: () => [Buffer.from(encodeOffsetCheckpoint([{ topic: 'words', partition: 0, offset: 77 }]))],
    refusals: [],
    read: (bytes) => decodeOffsetCheckpoint(bytes.toString('utf8')),
  },
  {
    name: 'configuration file',
    good: () => [
      Buffer.from('node.id: 1\nlog:\n  dirs: [data]\n  segment.bytes: 1048576\nlisteners: PLAINTEXT://127.0.0.1:1\n'),
      Buffer.from('a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: &d [*c, *c]\ne: [*d, *d]\n'),
    ],
    refusals: [InvalidConfigFile.name, InvalidBrokerConfig.name],
    read: async (bytes) => parseBrokerConfig(await readConfigFile(bytes.toString('utf8'))),
  },
]

const marker = { timestamp: 1, key: Buffer.from([0, 0, 0, 1]), value: Buffer.from([0, 0, 0, 0, 0, 9]) }
const controlBatch = buildBatch([marker], { transactional: true, control: true })
/** Length, attributes and two deltas, then a length of more bytes than any number has. */
const longVarint = Buffer.concat([Buffer.from([32, 0, 0, 0]), Buffer.alloc(200, 0x80), Buffer.alloc(1)])

function inControlBatch(records: Buffer): BatchHeader {
  const batch = Buffer.concat([controlBatch.subarray(0, batchHeaderBytes), records])
  batch.writeInt32BE(batch.length - 12, 8)
  return new BatchHeader(batch)
}

function framed(frame: Parameters<typeof encodePeerFrame>[0]): Buffer {
  return Buffer.concat(encodePeerFrame(frame)).subarray(4)
}

async function kafkasRecords() {
  const batches = kafkasBatches().map((bytes) => new BatchHeader(bytes))
  const records = await Promise.all(batches.filter(({ isControl }) => !isControl).map((batch) => readRecords(batch)))
  return records.flat().map(({ key, value }) => ({ key: key ?? Buffer.alloc(0), value: value ?? Buffer.alloc(0) }))
}

function twoInOne(key: Buffer, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([key.length]), key, value])
}

function apart(bytes: Buffer): { key: Buffer; value: Buffer | null } {
  const end = 1 + (bytes[0] ?? 0)
  return { key: bytes.subarray(1, end), value: bytes.length > end ? bytes.subarray(end) : null }
}

function producerEntry(id: number): ProducerEntry {
  const entry = new ProducerEntry(id)
  entry.addBatch(16, 1000, 4, 1_600_000_000_000)
  entry.addBatch(20, 1004, 3, 1_600_000_000_001)
  return entry
}

/** The snapshot with the CRC that goes with its bytes: what lies behind the CRC is to be reached. */
function withCrc(bytes: Buffer): Buffer {
  const sealed = Buffer.from(bytes)
  if (sealed.length >= 6) sealed.writeUInt32BE(crc32c(sealed, 6), 2)
  return sealed
}
