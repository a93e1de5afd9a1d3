import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import type { GroupAnswers, JoinRequest } from './group-events.ts'
import { GroupService } from './group-service.ts'
import { defaultGroupSettings } from './group-settings.ts'
import { MemoryTopic } from './memory-topic-fixture.ts'
import type { AppendRefusalCode } from './offsets-topic.ts'
import { partitionOf } from './partition-of.ts'
import { subscription } from './story-teller.ts'

const settings = { ...defaultGroupSettings, initialRebalanceDelayMs: 0 }
const partition = partitionOf('g', 50)

function setUp(): { world: SimWorld; topic: MemoryTopic; groups: GroupService } {
  const world = new SimWorld(1)
  const topic = new MemoryTopic(world)
  return { world, topic, groups: new GroupService({ runtime: world.node('b').runtime, settings, topic }) }
}

/** Runs the world until the promise is settled. */
function within<T>(world: SimWorld, promise: Promise<T>, limitMs = 60_000): Promise<T> {
  return world.complete(promise, limitMs)
}

const member: Omit<JoinRequest, 'type' | 'freshId'> = {
  groupId: 'g',
  memberId: '',
  instanceId: null,
  clientId: 'c',
  clientHost: '/10.0.0.1',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 20_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: subscription(['t']) }],
  requiresMemberId: false,
  canSkipAssignment: true,
  reason: null,
}

function commitOf(offset: number, memberId = '', generation = -1) {
  const partitions = [{ partition: 0, offset, leaderEpoch: -1, metadata: null }]
  return {
    groupId: 'g',
    memberId,
    generation,
    instanceId: null,
    retentionMs: -1,
    knowsGroupNotFound: true,
    topics: [{ topic: 't', topicId: null, partitions }],
  }
}

function codeOf(answer: GroupAnswers['commit']): string | undefined {
  return answer.code === 'ok' ? answer.topics[0]?.partitions[0]?.code : answer.code
}

async function offsetOf(groups: GroupService): Promise<number | null | string> {
  const found = await groups.fetchOffsets('g', [{ topic: 't', partitions: [0] }])
  return found.code === 'ok' ? (found.topics[0]?.partitions[0]?.committed?.offset ?? null) : found.code
}

test('a broker that does not lead the group’s partition sends clients on', async () => {
  const { world, groups } = setUp()
  assert.equal((await within(world, groups.join(member))).code, 'not-coordinator')
  assert.equal((await within(world, groups.commit(commitOf(1)))).code, 'not-coordinator')
  assert.equal(await within(world, groups.deleteGroup('g')), 'not-coordinator')
  assert.equal(groups.describe('g').code, 'not-coordinator')
  assert.deepEqual(groups.list(), { code: 'ok', groups: [] })
})

test('while the groups are loaded clients are told to come again, and heartbeats that all is well', async () => {
  const { world, topic, groups } = setUp()
  let opened = (): void => {}
  topic.opening = new Promise((resolve) => {
    opened = resolve
  })
  const elected = groups.elected(partition, 1)
  assert.equal((await within(world, groups.join(member))).code, 'coordinator-loading')
  assert.equal(await offsetOf(groups), 'coordinator-loading')
  assert.equal(groups.list().code, 'coordinator-loading')
  const beat = { groupId: 'g', memberId: 'm', generation: 1, instanceId: null }
  assert.equal((await within(world, groups.heartbeat(beat))).code, 'ok')
  opened()
  await within(world, elected)
  assert.equal(await offsetOf(groups), null)
})

test('a broker that lost the leadership while it loaded does not serve', async () => {
  const { world, topic, groups } = setUp()
  let opened = (): void => {}
  topic.opening = new Promise((resolve) => {
    opened = resolve
  })
  const elected = groups.elected(partition, 1)
  groups.resigned(partition)
  opened()
  await within(world, elected)
  assert.equal(await offsetOf(groups), 'not-coordinator')
})

test('damaged records are no reason to forget the others: the partition is not served', async () => {
  const { world, topic, groups } = setUp()
  topic.put(partition, [{ key: Buffer.from([0, 1, 0, 9]), value: null }])
  await within(world, groups.elected(partition, 1))
  assert.equal(await offsetOf(groups), 'coordinator-not-available')
})

test('a commit is answered when it is committed, seen then, and still there for the next coordinator', async () => {
  const { world, groups, topic } = setUp()
  await within(world, groups.elected(partition, 1))
  const commit = groups.commit(commitOf(7))
  assert.equal(await offsetOf(groups), null)
  assert.equal(codeOf(await within(world, commit)), 'ok')
  assert.equal(await offsetOf(groups), 7)
  const next = new GroupService({ runtime: world.node('other').runtime, settings, topic })
  await within(world, next.elected(partition, 2))
  assert.equal(await offsetOf(next), 7)
})

test('a commit that the log refuses is refused with the reason, and not seen', async () => {
  const { world, groups, topic } = setUp()
  await within(world, groups.elected(partition, 1))
  const expected = {
    'not-leader': 'not-coordinator',
    'storage-failed': 'not-coordinator',
    'not-enough-replicas': 'coordinator-not-available',
    'too-large': 'commit-too-large',
  } as const satisfies Record<AppendRefusalCode, string>
  for (const [refusal, code] of Object.entries(expected)) {
    topic.refuses = refusal as AppendRefusalCode
    assert.equal(codeOf(await within(world, groups.commit(commitOf(9)))), code)
  }
  assert.equal(await offsetOf(groups), null)
})

test('a client does not wait for its commit longer than the commit timeout', async () => {
  const { world, groups, topic } = setUp()
  await within(world, groups.elected(partition, 1))
  topic.stalls = true
  assert.equal(
    (await within(world, groups.commit(commitOf(9)), settings.commitTimeoutMs + 100)).code,
    'coordinator-not-available',
  )
})

test('a member joins, gets its assignment, and is out when it falls silent', async () => {
  const { world, groups } = setUp()
  await within(world, groups.elected(partition, 1))
  const joined = await within(world, groups.join(member))
  assert.equal(joined.code, 'ok')
  assert.match(joined.memberId, /^c-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const me = { groupId: 'g', memberId: joined.memberId, generation: joined.generation, instanceId: null }
  const assignments = [{ memberId: joined.memberId, assignment: Buffer.from('all') }]
  const synced = await within(world, groups.sync({ ...me, protocolType: null, protocol: null, assignments }))
  assert.deepEqual([synced.code, `${Buffer.from(synced.assignment)}`], ['ok', 'all'])
  await world.runUntil(() => false, 5_000)
  assert.equal((await within(world, groups.heartbeat(me))).code, 'ok')
  await world.runUntil(() => false, 11_000)
  assert.equal((await within(world, groups.heartbeat(me))).code, 'unknown-member')
})

test('who waits when the leadership goes is told, and nothing of it comes back', async () => {
  const { world, groups, topic } = setUp()
  await within(world, groups.elected(partition, 1))
  topic.stalls = true
  const commit = groups.commit(commitOf(9))
  const join = groups.join(member)
  groups.resigned(partition)
  assert.equal(codeOf(await within(world, commit)), 'not-coordinator')
  assert.equal((await within(world, join)).code, 'not-coordinator')
  await world.runUntil(() => false, 1_000_000)
})

test('an election that is older than the present one changes nothing', async () => {
  const { world, groups } = setUp()
  await within(world, groups.elected(partition, 5))
  await within(world, groups.commit(commitOf(7)))
  await within(world, groups.elected(partition, 4))
  await within(world, groups.elected(partition, 5))
  assert.equal(await offsetOf(groups), 7)
})

test('a topic that is deleted while groups are loaded takes its offsets along', async () => {
  const { world, topic, groups } = setUp()
  await within(world, groups.elected(partition, 1))
  await within(world, groups.commit(commitOf(7)))
  const next = new GroupService({ runtime: world.node('other').runtime, settings, topic })
  const elected = next.elected(partition, 2)
  next.topicsDeleted(['t'])
  await within(world, elected)
  await world.runUntil(() => false, 100)
  assert.equal(await offsetOf(next), null)
})

test('members name their group', async () => {
  const { world, groups } = setUp()
  assert.equal((await within(world, groups.join({ ...member, groupId: '' }))).code, 'invalid-group-id')
})

test('a broker that does not find out whether it still coordinates a group tells none of its offsets', async () => {
  const { world, groups, topic } = setUp()
  await within(world, groups.elected(partition, 1))
  topic.isStillLed = false
  assert.equal(await offsetOf(groups), 'not-coordinator')
})
