import { MalformedInput } from '../../src/codec/malformed-input.ts'
import { hasCleanMark, readCleanMark, writeCleanMark } from '../../src/log/clean-shutdown.ts'
import { LogDirectoryRefusal } from '../../src/log/log-directory-refusal.ts'
import { decodeMetaProperties, encodeMetaProperties } from '../../src/log/meta-properties.ts'
import { readPartitionMetadata, writePartitionMetadata } from '../../src/log/partition-metadata.ts'
import {
  decodeAsked,
  decodeDecided,
  encodeAsked,
  encodeDecided,
} from '../../src/metadata/coordinator/operation-frames.ts'
import { readKafkaMetadata } from '../../src/metadata/kafka-metadata.ts'
import { readSnapshotFile, writeSnapshotFile } from '../../src/metadata/snapshot/snapshot-file.ts'
import { formatReceipts, parseReceipts } from '../../src/receipt/receipts-file.ts'
import { buildBatch } from '../../src/record/batch-builder.ts'
import { sealBatch } from '../../src/record/batch-crc.ts'
import { batchHeaderBytes, batchSizeOf } from '../../src/record/batch-header.ts'
import { readVote, writeVote } from '../../src/replica/vote-file.ts'
import type { Disk } from '../../src/runtime/disk.ts'
import { SimWorld } from '../../src/runtime/sim/sim-world.ts'
import { type Form, type FormBytes, formsTarget, type ReaderOf, readerOf } from '../forms.ts'
import type { Target } from '../target.ts'

/** What lies in a broker's folder beside the logs, and what brokers ask each other: the bodies of peer frames. */
export function filesTarget(name: string, reader: ReaderOf = readerOf): Target<FormBytes> {
  return formsTarget({
    name,
    reader,
    about:
      'snapshots of the metadata log, Kafka\u2019s own metadata log, votes, marks and names of folders, receipts, questions between brokers',
    share: 10,
    forms,
  })
}

const uuid = 'AAAAAAAAAAAAAAAAAAAAAQ'
const folder = 'data/t-0'
const malformed = MalformedInput.name
const metadataRecords = [
  { type: 'topic', name: 'words', topicId: uuid },
  { type: 'config', resourceType: 2, resourceName: 'words', name: 'flush.ms', value: '7' },
] as const

/** Records as Apache Kafka 4.3.1 has written them: a topic, a setting of it, a partition, a block of producer ids. */
const kafkasMetadata = [
  '010200066d6f7665649f1327c5b947420bbc6950e3835e1a2500',
  '01040002066d6f7665640d726574656e74696f6e2e6d73032d3100',
  '010302000000009f1327c5b947420bbc6950e3835e1a2502000000010200000001010100000001000000000000000002ddb8e2c546cdf1386a945b651c69c83800',
  '010f0000000001000000000000000f00000000000003e800',
].map((hex) => Buffer.from(hex, 'hex'))

const forms: readonly Form[] = [
  {
    name: 'asked operation',
    good: () => [
      encodeAsked({ operation: 'createTopics', request: { topics: new Map([['words', { partitions: 3 }]]) } } as never),
      encodeAsked({ operation: 'registerBroker', request: { brokerId: 1, endpoints: [{ port: 9092 }] } } as never),
    ],
    refusals: [malformed],
    read: decodeAsked,
  },
  {
    name: 'decided operation',
    good: () => [encodeDecided({ answer: new Map([['words', 0]]), upTo: 77 })],
    refusals: [malformed],
    read: decodeDecided,
  },
  {
    name: 'meta.properties',
    good: () => [encodeMetaProperties({ clusterId: uuid, nodeId: 1, directoryId: uuid })],
    refusals: [LogDirectoryRefusal.name],
    read: (bytes) => decodeMetaProperties(bytes, folder),
  },
  inFolder({
    name: 'clean mark',
    file: '.kafka_cleanshutdown',
    write: (disk) => writeCleanMark(disk, folder, { brokerEpoch: 7 }),
    refusals: [],
    read: async (disk) => [await readCleanMark(disk, folder), await hasCleanMark(disk, folder)],
  }),
  inFolder({
    name: 'partition.metadata',
    file: 'partition.metadata',
    write: (disk) => writePartitionMetadata(disk, folder, uuid),
    refusals: [],
    read: (disk) => readPartitionMetadata(disk, folder),
  }),
  inFolder({
    name: 'vote',
    file: 'quorum-state',
    write: (disk) => writeVote(disk, folder, { epoch: 7, votedFor: { broker: 1, directory: uuid } }),
    refusals: ['DamagedVote'],
    read: (disk) => readVote(disk, folder),
  }),
  {
    name: 'receipts',
    good: () => [Buffer.from(formatReceipts([]))],
    refusals: ['UnreadableReceipts'],
    read: (bytes) => parseReceipts(bytes.toString('utf8'), folder),
  },
  inFolder({
    name: 'metadata snapshot',
    file: 'snapshot',
    write: (disk) =>
      writeSnapshotFile(disk, `${folder}/snapshot`, { records: metadataRecords, epoch: 3, timestamp: 9 }),
    refusals: ['UnknownMetadataRecord'],
    read: (disk) => readSnapshotFile(disk, `${folder}/snapshot`, () => {}),
    sealed: true,
  }),
  inFolder({
    name: 'metadata log of Kafka',
    file: '00000000000000000000.log',
    write: (disk) =>
      disk.writeFileAtomic(
        `${folder}/00000000000000000000.log`,
        buildBatch(kafkasMetadata.map((value) => ({ timestamp: 1, value }))),
      ),
    refusals: [malformed],
    read: (disk) => readKafkaMetadata(disk, folder),
    sealed: true,
  }),
]

/** A form whose bytes are a file in a partition's folder. `sealed`: every second one gets the CRCs that go with its bytes. */
function inFolder(form: {
  name: string
  file: string
  write(disk: Disk): Promise<void>
  refusals: readonly string[]
  read(disk: Disk): Promise<unknown>
  sealed?: boolean
}): Form {
  const path = `${folder}/${form.file}`
  const onDisk = <T>(work: (disk: Disk) => Promise<T>): Promise<T> => {
    const world = new SimWorld(1)
    const { disk } = world.node('a').runtime
    return world.complete(disk.makeDirectory(folder).then(() => work(disk)))
  }
  return {
    name: form.name,
    refusals: form.refusals,
    good: () => onDisk(async (disk) => form.write(disk).then(async () => [await disk.readFile(path)])),
    read: (bytes) => {
      const content = form.sealed === true && bytes.length % 2 === 0 ? withCrcs(bytes) : bytes
      return onDisk((disk) => disk.writeFileAtomic(path, content).then(() => form.read(disk)))
    },
  }
}

/** What lies behind the CRCs of its batches is to be reached, too. */
function withCrcs(bytes: Buffer): Buffer {
  const sealed = Buffer.from(bytes)
  for (let at = 0; sealed.length - at >= batchHeaderBytes; at += batchSizeOf(sealed, at)) {
    const size = batchSizeOf(sealed, at)
    if (size < batchHeaderBytes || at + size > sealed.length) break
    sealBatch(sealed, at)
  }
  return sealed
}
