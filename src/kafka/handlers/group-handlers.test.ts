import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Api,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type RequestInputOf,
  type ResponseOf,
} from '../../codec/api.ts'
import { zeroUuid } from '../../codec/uuid.ts'
import type { BrokerEndpoint, CoordinatorLocator } from '../../consumer-group/coordinator-locator.ts'
import { GroupService } from '../../consumer-group/group-service.ts'
import { defaultGroupSettings } from '../../consumer-group/group-settings.ts'
import type { OffsetsRecord, OffsetsTopic, TopicNames } from '../../consumer-group/offsets-topic.ts'
import { unboundedReadMemory } from '../../log/read-memory.ts'
import { SimWorld } from '../../runtime/sim/sim-world.ts'
import type { Handler } from '../handler.ts'
import { deleteGroupsHandler } from './delete-groups.ts'
import { describeGroupsHandler } from './describe-groups.ts'
import { findCoordinatorHandler } from './find-coordinator.ts'
import { heartbeatHandler } from './heartbeat.ts'
import { joinGroupHandler } from './join-group.ts'
import { leaveGroupHandler } from './leave-group.ts'
import { listGroupsHandler } from './list-groups.ts'
import { offsetCommitHandler } from './offset-commit.ts'
import { offsetDeleteHandler } from './offset-delete.ts'
import { offsetFetchHandler } from './offset-fetch.ts'
import { syncGroupHandler } from './sync-group.ts'

const wordsId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const strangerId = 'AAAAAAAAAAAAAAAAAAAACQ'

const names: TopicNames = {
  idOf: (name) => (name === 'words' ? wordsId : null),
  nameOf: (id) => (id === wordsId ? 'words' : null),
  partitionsOf: (name) => (name === 'words' ? 2 : 0),
}

/** A coordinator of everything in simulated time, called through the bytes of both sides. */
class Coordinator {
  readonly world = new SimWorld(7)
  readonly groups: GroupService

  constructor() {
    const records: OffsetsRecord[] = []
    const topic: OffsetsTopic = {
      partitions: 1,
      stillLed: async () => true,
      open: async (partition) => ({
        partition,
        append: async (added) => records.push(...added) - 1,
        load: async () => {},
      }),
    }
    const settings = { ...defaultGroupSettings, initialRebalanceDelayMs: 0 }
    this.groups = new GroupService({ runtime: this.world.node('b').runtime, settings, topic })
  }

  async start(): Promise<this> {
    await this.groups.elected(0, 1)
    return this
  }

  async call<A extends Api>(handler: Handler<A>, version: number, body: RequestInputOf<A>): Promise<ResponseOf<A>> {
    const frame = Buffer.concat(encodeRequest(handler.api, { version, correlationId: 1, clientId: 'me' }, body))
    const request = decodeRequest(handler.api, frame.subarray(4))
    const context = {
      version,
      clientId: 'me',
      clientHost: '/127.0.0.1',
      connectionId: 1,
      listenerName: 'PLAINTEXT',
      afterSent() {},
      answerMemory: { ...unboundedReadMemory, wait() {}, forget() {} },
      ifClosed() {},
      hangUp() {},
    }
    const serving = Promise.resolve(handler.serve(request.body, context))
    // The connection's buffer is used again as soon as the handler waits.
    frame.fill(0xff)
    // Long enough for members that have gone to be given up.
    const answer = await this.world.complete(serving, 120_000)
    assert.ok(answer !== null)
    const response = Buffer.concat(encodeResponse(handler.api, { version, correlationId: 1 }, answer))
    return decodeResponse(handler.api, version, response.subarray(4)).body
  }
}

function versionsOf({ api }: Handler): number[] {
  const [min, max] = api.versions
  return Array.from({ length: max - min + 1 }, (_, at) => min + at)
}

const protocols = [{ name: 'range', metadata: Buffer.from([0, 0, 0, 0, 0, 1, 0, 5, ...Buffer.from('words')]) }]
const joining = { groupId: 'g', sessionTimeoutMs: 10_000, memberId: '', protocolType: 'consumer', protocols }

/** A stable group of one member. */
async function withMember(version = 3): Promise<{ at: Coordinator; memberId: string; generationId: number }> {
  const at = await new Coordinator().start()
  const join = joinGroupHandler(at.groups)
  const { memberId, generationId } = await at.call(join, version, joining)
  const assignments = [{ memberId, assignment: Buffer.from('all of it') }]
  await at.call(syncGroupHandler(at.groups), 0, { groupId: 'g', memberId, generationId, assignments })
  return { at, memberId, generationId }
}

test('every version of every group API can be asked and answered, with and without a coordinator', async () => {
  for (const at of [new Coordinator(), await new Coordinator().start()]) {
    const { groups } = at
    const committed = [{ partitionIndex: 0, committedOffset: 3 }]
    for (const v of versionsOf(joinGroupHandler(groups))) await at.call(joinGroupHandler(groups), v, joining)
    for (const v of versionsOf(syncGroupHandler(groups))) await at.call(syncGroupHandler(groups), v, { groupId: 'g' })
    for (const v of versionsOf(heartbeatHandler(groups))) await at.call(heartbeatHandler(groups), v, { groupId: 'g' })
    for (const v of versionsOf(leaveGroupHandler(groups))) {
      const leaving = v < 3 ? { memberId: 'm' } : { members: [{ memberId: 'm' }] }
      await at.call(leaveGroupHandler(groups), v, { groupId: 'g', ...leaving })
    }
    for (const v of versionsOf(offsetCommitHandler(groups, names))) {
      const named = [{ ...(v < 10 ? { name: 'words' } : { topicId: wordsId }), partitions: committed }]
      await at.call(offsetCommitHandler(groups, names), v, { groupId: 's', topics: named })
    }
    for (const v of versionsOf(offsetFetchHandler(groups, names))) {
      const named = [{ ...(v < 10 ? { name: 'words' } : { topicId: wordsId }), partitionIndexes: [0, 7] }]
      const request = v < 8 ? { groupId: 's', topics: named } : { groups: [{ groupId: 's', topics: named }] }
      await at.call(offsetFetchHandler(groups, names), v, request)
      if (v < 2) continue
      const all = v < 8 ? { groupId: 's', topics: null } : { groups: [{ groupId: 's', topics: null }] }
      await at.call(offsetFetchHandler(groups, names), v, all)
    }
    for (const v of versionsOf(describeGroupsHandler(groups))) {
      await at.call(describeGroupsHandler(groups), v, { groups: ['g', 'none'] })
    }
    for (const v of versionsOf(listGroupsHandler(groups))) await at.call(listGroupsHandler(groups), v, {})
    await at.call(offsetDeleteHandler(groups, names), 0, { groupId: 's', topics: [{ name: 'words', partitions: [] }] })
    for (const v of versionsOf(deleteGroupsHandler(groups))) {
      await at.call(deleteGroupsHandler(groups), v, { groupsNames: ['s'] })
    }
  }
})

test('what a member says and is given is kept when the connection’s buffer is used again', async () => {
  const { at, memberId, generationId } = await withMember()
  const [group] = (await at.call(describeGroupsHandler(at.groups), 5, { groups: ['g'] })).groups
  assert.deepEqual([group?.groupState, group?.protocolData], ['Stable', 'range'])
  assert.deepEqual(group?.members[0]?.memberMetadata, protocols[0]?.metadata)
  assert.equal(`${group?.members[0]?.memberAssignment}`, 'all of it')
  assert.deepEqual([group?.members[0]?.clientId, group?.members[0]?.clientHost], ['me', '/127.0.0.1'])
  const beat = await at.call(heartbeatHandler(at.groups), 4, { groupId: 'g', memberId, generationId })
  assert.equal(beat.errorCode, 0)
})

test('a new member of version 4 on is asked to come back with its id', async () => {
  const at = await new Coordinator().start()
  const first = await at.call(joinGroupHandler(at.groups), 4, joining)
  assert.equal(first.errorCode, 79)
  assert.match(first.memberId, /^me-/)
  const second = await at.call(joinGroupHandler(at.groups), 9, { ...joining, memberId: first.memberId })
  assert.deepEqual([second.errorCode, second.generationId, second.leader], [0, 1, first.memberId])
})

test('from version 5 on a SyncGroup must name type and protocol', async () => {
  const { at, memberId, generationId } = await withMember()
  const sync = syncGroupHandler(at.groups)
  const me = { groupId: 'g', memberId, generationId }
  assert.equal((await at.call(sync, 4, me)).errorCode, 0)
  assert.equal((await at.call(sync, 5, { ...me, protocolType: 'consumer' })).errorCode, 23)
  const named = await at.call(sync, 5, { ...me, protocolType: 'consumer', protocolName: 'range' })
  assert.deepEqual([named.errorCode, named.protocolType, named.protocolName], [0, 'consumer', 'range'])
})

test('a refused JoinGroup has no protocol: null where the version knows it', async () => {
  const at = await new Coordinator().start()
  for (const v of versionsOf(joinGroupHandler(at.groups))) {
    const { errorCode, protocolName } = await at.call(joinGroupHandler(at.groups), v, { ...joining, groupId: '' })
    assert.deepEqual([errorCode, protocolName], [24, v >= 7 ? null : ''])
  }
})

test('who leaves a group that there is not is told so, member by member', async () => {
  const at = await new Coordinator().start()
  const leave = leaveGroupHandler(at.groups)
  assert.equal((await at.call(leave, 2, { groupId: 'none', memberId: 'x' })).errorCode, 25)
  const batch = await at.call(leave, 3, { groupId: 'none', members: [{ memberId: 'x' }] })
  assert.deepEqual([batch.errorCode, batch.members.map(({ errorCode }) => errorCode)], [0, [25]])
})

test('a member that leaves in an old version gets its error as the request’s', async () => {
  const { at, memberId } = await withMember()
  const leave = leaveGroupHandler(at.groups)
  assert.equal((await at.call(leave, 2, { groupId: 'g', memberId: 'nobody' })).errorCode, 25)
  const batch = await at.call(leave, 5, { groupId: 'g', members: [{ memberId: 'nobody' }, { memberId }] })
  assert.deepEqual([batch.errorCode, batch.members.map(({ errorCode }) => errorCode)], [0, [25, 0]])
})

test('offsets of topics and partitions that there are not are refused one by one', async () => {
  const at = await new Coordinator().start()
  const commit = offsetCommitHandler(at.groups, names)
  const partitions = [0, 2, 1].map((partitionIndex) => ({ partitionIndex, committedOffset: 5 + partitionIndex }))
  const byName = await at.call(commit, 8, {
    groupId: 's',
    topics: [
      { name: 'none', partitions },
      { name: 'words', partitions },
    ],
  })
  const codes = (topics: typeof byName.topics) => topics.map((topic) => topic.partitions.map((one) => one.errorCode))
  assert.deepEqual(codes(byName.topics), [
    [3, 3, 3],
    [0, 3, 0],
  ])
  const byId = await at.call(commit, 10, {
    groupId: 's',
    topics: [
      { topicId: strangerId, partitions },
      { topicId: zeroUuid, partitions },
      { topicId: wordsId, partitions },
    ],
  })
  assert.deepEqual(codes(byId.topics), [
    [100, 100, 100],
    [100, 100, 100],
    [0, 3, 0],
  ])
  const fetch = offsetFetchHandler(at.groups, names)
  const asked = [strangerId, wordsId].map((topicId) => ({ topicId, partitionIndexes: [0, 1, 9] }))
  const found = await at.call(fetch, 10, {
    groups: [
      { groupId: 's', topics: asked },
      { groupId: 'other', topics: null },
    ],
  })
  const offsets = found.groups[0]?.topics.map(({ topicId, partitions: all }) => [
    topicId,
    ...all.map(({ committedOffset, errorCode }) => `${committedOffset}/${errorCode}`),
  ])
  assert.deepEqual(offsets, [
    [wordsId, '5/0', '6/0', '-1/0'],
    [strangerId, '-1/100', '-1/100', '-1/100'],
  ])
  assert.deepEqual(found.groups[1]?.topics, [])
})

test('an offset of an earlier topic of the same name is not told', async () => {
  const at = await new Coordinator().start()
  const topics = [{ name: 'words', partitions: [{ partitionIndex: 0, committedOffset: 5 }] }]
  await at.call(offsetCommitHandler(at.groups, names), 8, { groupId: 's', topics })
  const madeAnew = { ...names, idOf: () => strangerId }
  const asked = { groupId: 's', topics: [{ name: 'words', partitionIndexes: [0] }] }
  const found = await at.call(offsetFetchHandler(at.groups, madeAnew), 7, asked)
  assert.equal(found.topics[0]?.partitions[0]?.committedOffset, -1)
})

test('without a coordinator each version says so where it can', async () => {
  const at = new Coordinator()
  const fetch = offsetFetchHandler(at.groups, names)
  const asked = { groupId: 's', topics: [{ name: 'words', partitionIndexes: [0] }] }
  assert.equal((await at.call(fetch, 1, asked)).topics[0]?.partitions[0]?.errorCode, 16)
  assert.equal((await at.call(fetch, 7, asked)).errorCode, 16)
  assert.equal((await at.call(fetch, 8, { groups: [{ groupId: 's', topics: null }] })).groups[0]?.errorCode, 16)
  assert.equal((await at.call(listGroupsHandler(at.groups), 5, {})).errorCode, 0)
})

test('groups are listed by state and type, whatever the case', async () => {
  const { at } = await withMember()
  const list = listGroupsHandler(at.groups)
  const ids = async (request: RequestInputOf<typeof list.api>) =>
    (await at.call(list, 5, request)).groups.map(({ groupId }) => groupId)
  assert.deepEqual(await ids({ statesFilter: ['stable'] }), ['g'])
  assert.deepEqual(await ids({ statesFilter: ['Empty'] }), [])
  assert.deepEqual(await ids({ typesFilter: ['Classic'] }), ['g'])
  assert.deepEqual(await ids({ typesFilter: ['consumer'] }), [])
})

test('a group that there is not was a dead one, until version 6 said so', async () => {
  const at = await new Coordinator().start()
  const describe = describeGroupsHandler(at.groups)
  const told = async (version: number) => (await at.call(describe, version, { groups: ['none'] })).groups[0]
  assert.deepEqual([(await told(5))?.errorCode, (await told(5))?.groupState], [0, 'Dead'])
  assert.deepEqual([(await told(6))?.errorCode, (await told(6))?.groupState], [69, 'Dead'])
})

test('a group with members is not deleted, nor what they read', async () => {
  const { at } = await withMember()
  const answer = await at.call(deleteGroupsHandler(at.groups), 2, { groupsNames: ['g', 'none'] })
  assert.deepEqual(
    answer.results.map(({ groupId, errorCode }) => [groupId, errorCode]),
    [
      ['g', 68],
      ['none', 69],
    ],
  )
  const partitions = [{ partitionIndex: 1 }, { partitionIndex: 9 }]
  const topics = [{ name: 'words', partitions }]
  const deleted = await at.call(offsetDeleteHandler(at.groups, names), 0, { groupId: 'g', topics })
  assert.deepEqual(
    deleted.topics[0]?.partitions.map(({ errorCode }) => errorCode),
    [86, 3],
  )
  const none = await at.call(offsetDeleteHandler(at.groups, names), 0, { groupId: 'none', topics })
  assert.deepEqual([none.errorCode, none.topics], [69, []])
})

test('the coordinator of a group is the leader of its partition; of a transaction, this broker', async () => {
  const at = new Coordinator()
  const here: BrokerEndpoint = { nodeId: 1, host: 'here', port: 9092 }
  const there: BrokerEndpoint = { nodeId: 2, host: 'there', port: 9093 }
  let isThere = false
  const locator: CoordinatorLocator = {
    partitions: 2,
    ensure: async () => isThere,
    brokerFor: (partition) => (partition === 0 ? null : there),
    self: () => here,
  }
  const find = findCoordinatorHandler(locator)
  // Of two partitions "a" is in 1, "b" in 0.
  assert.equal((await at.call(find, 1, { key: 'a', keyType: 0 })).errorCode, 15)
  isThere = true
  for (const version of [0, 1, 2, 3]) {
    const found = await at.call(find, version, { key: 'a' })
    assert.deepEqual([found.errorCode, found.nodeId, found.host, found.port], [0, 2, 'there', 9093])
  }
  const batch = await at.call(find, 6, { keyType: 0, coordinatorKeys: ['a', 'b'] })
  assert.deepEqual(
    batch.coordinators.map(({ key, errorCode, nodeId }) => [key, errorCode, nodeId]),
    [
      ['a', 0, 2],
      ['b', 15, -1],
    ],
  )
  assert.equal((await at.call(find, 4, { keyType: 1, coordinatorKeys: ['tx'] })).coordinators[0]?.nodeId, 1)
  assert.equal((await at.call(find, 6, { keyType: 2, coordinatorKeys: ['g:t:0'] })).coordinators[0]?.errorCode, 42)
})
