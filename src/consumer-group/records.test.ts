import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { MalformedInput } from '../codec/malformed-input.ts'
import { batchesIn, readRecords } from '../record/record-reader.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import { defaultGroupSettings } from './group-settings.ts'
import type { OffsetsRecord } from './offsets-topic.ts'
import { decodeGroupRecord, encodeGroupRecord } from './records.ts'

/**
 * The segment that Kafka 4.3.1 wrote for: two console consumers of the classic protocol in one group, one of them
 * static, the other leaving; a simple group whose offsets were reset, one of them deleted; a group that was deleted; and a consumer by
 * itself that came and went.
 */
async function recorded(): Promise<OffsetsRecord[]> {
  const name = 'src/consumer-group/fixtures/kafka-4.3-consumer-offsets.log'
  // Fixtures stay in the sources; this runs from what was built of them.
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, name))) folder = dirname(folder)
  const bytes = readFileSync(join(folder, name))
  const records: OffsetsRecord[] = []
  for (const batch of batchesIn(bytes)) {
    for (const { key, value } of await readRecords(batch)) records.push({ key: key ?? Buffer.alloc(0), value })
  }
  return records
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

test('what Kafka wrote is read, and written back byte for byte', async () => {
  const records = await recorded()
  assert.equal(records.length, 22)
  for (const record of records) {
    const decoded = decodeGroupRecord(record)
    assert.ok(decoded !== null)
    const again = encodeGroupRecord(decoded)
    assert.deepEqual(Buffer.from(again.key), record.key)
    assert.deepEqual(again.value === null ? null : Buffer.from(again.value), record.value)
  }
})

test('a coordinator that loads what Kafka wrote goes on where Kafka stopped', async () => {
  const core = new GroupCoordinator(defaultGroupSettings)
  for (const record of await recorded()) {
    const decoded = decodeGroupRecord(record)
    if (decoded !== null) core.replay(decoded)
  }
  core.step({ type: 'loaded', nowMs: 1_795_479_230_000 })
  assert.deepEqual(
    core.list().map(({ groupId, state, protocolType }) => ({ groupId, state, protocolType })),
    [
      { groupId: 'readers', state: 'Stable', protocolType: 'consumer' },
      { groupId: 'simple', state: 'Empty', protocolType: '' },
      { groupId: 'console-consumer-6873', state: 'Empty', protocolType: 'consumer' },
    ],
  )
  const { generation, protocol, members } = core.describe('readers')
  assert.deepEqual({ generation, protocol, members: members.length }, { generation: 3, protocol: 'range', members: 1 })
  assert.equal(members[0]?.instanceId, 'static-one')
  assert.equal(members[0]?.clientId, 'one')
  const offsets = (group: string) =>
    core
      .fetchOffsets(group, null)
      .flatMap(({ topic, partitions }) => partitions.map((one) => `${topic}-${one.partition}=${one.committed?.offset}`))
  assert.deepEqual(offsets('readers').sort(), ['words-0=0', 'words-1=100'])
  assert.deepEqual(offsets('simple'), ['other-0=4'])
  assert.deepEqual(offsets('gone'), [])
})

test('offsets that older brokers wrote are read', () => {
  const key = hex('0001 0001 67 0001 74 00000003')
  const read = (value: string) => {
    const record = decodeGroupRecord({ key, value: hex(value) })
    return record?.type === 'offset' ? record.value : null
  }
  const known = { offset: 5, metadata: 'm', commitTimestamp: 9, expireTimestamp: -1, leaderEpoch: -1, topicId: null }
  assert.deepEqual(read('0000 0000000000000005 0001 6d 0000000000000009'), known)
  const withExpiry = '0001 0000000000000005 0001 6d 0000000000000009 000000000000000c'
  assert.deepEqual(read(withExpiry), { ...known, expireTimestamp: 12 })
  assert.deepEqual(read('0002 0000000000000005 0001 6d 0000000000000009'), known)
  assert.deepEqual(read('0003 0000000000000005 00000007 0001 6d 0000000000000009'), { ...known, leaderEpoch: 7 })
})

test('an expiry that a client asked for is written in the only version that has it', () => {
  const record = {
    type: 'offset',
    groupId: 'g',
    topic: 't',
    partition: 3,
    value: { offset: 5, metadata: 'm', commitTimestamp: 9, expireTimestamp: 12, leaderEpoch: 4, topicId: null },
  } as const
  const { key, value } = encodeGroupRecord(record)
  assert.deepEqual(Buffer.from(key), hex('0001 0001 67 0001 74 00000003'))
  assert.deepEqual(Buffer.from(value ?? []), hex('0001 0000000000000005 0001 6d 0000000000000009 000000000000000c'))
})

test('a group of the first version is read: its members wait for rebalances as long as for heartbeats', () => {
  const member = '0001 6d 0001 63 0001 68 00002710 00000001 aa 00000001 bb'
  const value = hex(`0000 0008 ${Buffer.from('consumer').toString('hex')} 00000002 0001 70 0001 6d 00000001 ${member}`)
  const record = decodeGroupRecord({ key: hex('0002 0001 67'), value })
  assert.ok(record?.type === 'group' && record.value !== null)
  const { members, ...group } = record.value
  assert.deepEqual(group, { protocolType: 'consumer', generation: 2, protocol: 'p', leader: 'm', stateTimestamp: -1 })
  assert.equal(members[0]?.rebalanceTimeoutMs, 10_000)
  assert.equal(members[0]?.instanceId, null)
})

test('records of the newer kinds of groups are passed over; damaged ones are refused', () => {
  assert.equal(decodeGroupRecord({ key: hex('0003 0001 67'), value: hex('0000') }), null)
  assert.throws(() => decodeGroupRecord({ key: hex('00'), value: null }), MalformedInput)
  assert.throws(() => decodeGroupRecord({ key: hex('0002 0009 67'), value: null }), MalformedInput)
  assert.throws(() => decodeGroupRecord({ key: hex('0002 0001 67'), value: hex('0009') }), MalformedInput)
  assert.throws(
    () => decodeGroupRecord({ key: hex('0001 0001 67 0001 74 00000003'), value: hex('0004 00') }),
    MalformedInput,
  )
})
