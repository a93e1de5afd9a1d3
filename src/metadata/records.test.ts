import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeMetadataRecord, encodeMetadataRecord, type MetadataRecord } from './records.ts'

const topicId = 'AAAAAAAAAAAAAAAAAAAAZA'

const records: readonly MetadataRecord[] = [
  {
    type: 'register-broker',
    brokerId: 1,
    directoryId: topicId,
    host: 'here',
    port: 9092,
    rack: null,
    incarnation: topicId,
    peerHost: 'there',
    peerPort: 9112,
    fenced: true,
    epoch: 7,
  },
  { type: 'topic', name: 'words', topicId },
  {
    type: 'partition',
    topicId,
    partition: 0,
    replicas: [1, 2],
    directories: [topicId, topicId],
    inSync: [1],
    leader: 1,
    leaderEpoch: 0,
    eligible: [2],
    partitionEpoch: 3,
    group: 'group-1',
    adding: [],
    removing: [],
  },
  {
    type: 'partition-change',
    topicId,
    partition: 0,
    inSync: [2],
    eligible: [1],
    leader: -1,
    leaderEpoch: 5,
    directories: [topicId, topicId],
    partitionEpoch: 9,
    replicas: [2, 1],
    adding: [2],
    removing: [],
  },
  { type: 'broker-change', brokerId: 1, fenced: false },
  { type: 'unregister-broker', brokerId: 1 },
  { type: 'remove-topic', topicId },
  { type: 'config', resourceType: 2, resourceName: 'words', name: 'retention.ms', value: null },
  { type: 'producer-ids', brokerId: 1, nextProducerId: 2 ** 40 },
  { type: 'broker-group', name: 'group-1', members: [1, 2] },
  { type: 'remove-broker-group', name: 'group-1' },
]

for (const record of records) {
  test(`a ${record.type} record is read as it was written`, () => {
    assert.deepEqual(decodeMetadataRecord(encodeMetadataRecord(record)), record)
  })
}

test('a kind or version of a newer release is refused: without it the image would be wrong', () => {
  const newerKind = Buffer.from([0x7f, 0xff, 0, 0])
  const newerVersion = Buffer.from(encodeMetadataRecord(records[1] as MetadataRecord))
  newerVersion.writeInt16BE(99, 2)
  for (const bytes of [newerKind, newerVersion, Buffer.alloc(0), Buffer.alloc(3)]) {
    assert.throws(() => decodeMetadataRecord(bytes), { name: 'UnknownMetadataRecord' })
  }
})
