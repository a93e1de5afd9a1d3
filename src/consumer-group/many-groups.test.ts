import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../runtime/clock.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { GroupService } from './group-service.ts'
import { defaultGroupSettings } from './group-settings.ts'
import { MemoryTopic } from './memory-topic-fixture.ts'
import { subscription } from './story-teller.ts'

const groupsCount = 1_000
const membersEach = 5
const sessionTimeoutMs = 10_000
const heartbeatMs = 8_000
const settings = { ...defaultGroupSettings, initialRebalanceDelayMs: 3_000 }

/** Counts what is set and neither fired nor taken back, and all that was ever set. */
class CountedClock implements Clock {
  readonly #clock: Clock
  pending = 0
  set = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  nowMs = (): number => this.#clock.nowMs()
  monotonicMs = (): number => this.#clock.monotonicMs()
  defer = (run: () => void): void => this.#clock.defer(run)

  setTimer(delayMs: number, run: () => void): { cancel(): void } {
    let isPending = true
    const over = (): boolean => {
      if (!isPending) return false
      isPending = false
      this.pending -= 1
      return true
    }
    this.pending += 1
    this.set += 1
    const timer = this.#clock.setTimer(delayMs, () => over() && run())
    return { cancel: () => void (over() && timer.cancel()) }
  }
}

/** One client of the coordinator, which joins as the Java client does. */
class Member {
  readonly groupId: string
  memberId = ''
  generation = -1
  assignment = ''
  #groups: GroupService

  constructor(groupId: string, groups: GroupService) {
    this.groupId = groupId
    this.#groups = groups
  }

  movesTo(groups: GroupService): void {
    this.#groups = groups
  }

  async join(): Promise<void> {
    const ask = () =>
      this.#groups.join({
        groupId: this.groupId,
        memberId: this.memberId,
        instanceId: null,
        clientId: 'c',
        clientHost: '/10.0.0.1',
        sessionTimeoutMs,
        rebalanceTimeoutMs: 60_000,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: subscription(['t']) }],
        requiresMemberId: true,
        canSkipAssignment: true,
        reason: null,
      })
    this.memberId = (await ask()).memberId
    const joined = await ask()
    assert.equal(joined.code, 'ok')
    this.generation = joined.generation
    const assignments = joined.members.map(({ memberId }, place) => ({ memberId, assignment: Buffer.from(`${place}`) }))
    const who = { groupId: this.groupId, memberId: this.memberId, generation: this.generation, instanceId: null }
    const synced = await this.#groups.sync({ ...who, protocolType: null, protocol: null, assignments })
    assert.equal(synced.code, 'ok')
    this.assignment = `${Buffer.from(synced.assignment)}`
  }

  async heartbeat(): Promise<string> {
    const { groupId, memberId, generation } = this
    return (await this.#groups.heartbeat({ groupId, memberId, generation, instanceId: null })).code
  }

  async commit(offset: number): Promise<string | undefined> {
    const { groupId, memberId, generation } = this
    const partitions = [{ partition: Number(this.assignment), offset, leaderEpoch: -1, metadata: null }]
    const topics = [{ topic: 't', topicId: null, partitions }]
    const who = { groupId, memberId, generation, instanceId: null }
    const answer = await this.#groups.commit({ ...who, retentionMs: -1, knowsGroupNotFound: true, topics })
    return answer.code === 'ok' ? answer.topics[0]?.partitions[0]?.code : answer.code
  }
}

test('1,000 groups of 5: stable in one round, one timer for each member, and all there after a restart without joining again', async () => {
  const world = new SimWorld(1)
  const topic = new MemoryTopic(world)
  const { runtime } = world.node('broker')
  const clock = new CountedClock(runtime.clock)
  const start = async (epoch: number): Promise<GroupService> => {
    const groups = new GroupService({ runtime: { ...runtime, random: runtime.random, clock }, settings, topic })
    for (let partition = 0; partition < topic.partitions; partition++) await groups.elected(partition, epoch)
    return groups
  }
  let groups = await world.complete(start(1))
  const members = Array.from(
    { length: groupsCount * membersEach },
    (_, at) => new Member(`g${at % groupsCount}`, groups),
  )
  const all = <T>(work: (member: Member) => Promise<T>): Promise<T[]> => world.complete(Promise.all(members.map(work)))
  const areWell = async (): Promise<void> => {
    const codes = await all((member) => member.heartbeat())
    assert.deepEqual(new Set(codes), new Set(['ok']))
  }
  const idle = async (): Promise<void> => {
    for (let beat = 0; beat < 2; beat++) {
      await world.run({ untilMs: world.nowMs + heartbeatMs })
      await areWell()
    }
    // A session for each member; the look for expired offsets of each partition.
    assert.equal(clock.pending, members.length + topic.partitions)
  }
  await all((member) => member.join())
  assert.deepEqual(new Set(members.map(({ generation }) => generation)), new Set([1]))
  assert.equal(new Set(members.map(({ groupId, assignment }) => `${groupId} ${assignment}`)).size, members.length)
  assert.deepEqual(new Set(await all((member) => member.commit(7))), new Set(['ok']))
  await idle()
  const before = clock.set
  await areWell()
  assert.equal(clock.set - before, members.length, 'a heartbeat sets one timer')

  groups.close()
  assert.equal(clock.pending, 0)
  groups = await world.complete(start(2))
  for (const member of members) member.movesTo(groups)
  await idle()
  assert.deepEqual(new Set(await all((member) => member.commit(8))), new Set(['ok']))
  const offsets = await world.complete(groups.fetchOffsets('g7', null))
  const partitions = 'topics' in offsets ? offsets.topics.flatMap((found) => found.partitions) : []
  assert.deepEqual(new Set(partitions.map(({ committed }) => committed?.offset)), new Set([8]))
  assert.equal(partitions.length, membersEach)

  // Nobody is heard of again: every group is empty, and holds no timer.
  await world.run({ untilMs: world.nowMs + sessionTimeoutMs + 1_000 })
  assert.equal(clock.pending, topic.partitions)
  groups.close()
})
