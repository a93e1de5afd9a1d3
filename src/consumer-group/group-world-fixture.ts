import assert from 'node:assert/strict'
import fc from 'fast-check'
import { CoreDriver } from './core-driver.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import type { GroupAnswers, JoinAnswer } from './group-events.ts'
import { defaultGroupSettings } from './group-settings.ts'
import { subscription } from './story-teller.ts'
import { TransitionTable } from './transition-table.ts'

const settings = {
  ...defaultGroupSettings,
  initialRebalanceDelayMs: 3_000,
  groupMembersMax: 4,
  pendingMembersMax: 3,
  memberMetadataBytesMax: 1_000,
  offsetsRetentionMs: 200_000,
  offsetsRetentionCheckIntervalMs: 50_000,
}

const tooLong = new Uint8Array(settings.memberMetadataBytesMax + 1)

/** Longest that anything may take: new members' JoinGroups, sessions and rebalances one after the other, with room. */
const longEnoughMs = 3_000_000

/** `d` and `e` are static: they stay members for their session, whether they come again or not. */
const staticMembers = 2

/**
 * While members join, only those count who have come, as in Kafka: those of the generation before who do not come again are dropped
 * when it completes. A client that restarts again and again is several of them.
 */
function mostMembers(state: string): number {
  const joined = settings.groupMembersMax
  const before = settings.groupMembersMax + staticMembers
  return state === 'PreparingRebalance' ? joined + before : before
}

const clients = ['a', 'b', 'c', 'd', 'e'] as const
const client = fc.constantFrom(...clients)
const group = fc.constantFrom('g', 'h')
/** Most requests are as they should be; the others have one thing wrong, of those that are possible in them. */
const twist = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(6) })
const refusals = ['not-leader', 'not-enough-replicas', 'storage-failed', 'too-large'] as const
export const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('join' as const), group, client, protocol: fc.nat(2), twist }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('sync' as const), group, client, twist }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const), group, client }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('heartbeat' as const), group, client, twist }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), group, client, twist }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('commit' as const), group, client, offset: fc.nat(1000), twist }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), group }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete-offsets' as const), group }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop-topic' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.constantFrom(1, 500, 3_000, 9_000, 31_000, 70_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hold' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('commit-append' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('refuse-append' as const), code: fc.constantFrom(...refusals) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('failover' as const), kept: fc.nat(2) }) },
)
export type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

/** Clients with the memory that real ones have, and what must hold of what they are told. */
export class World {
  readonly driver = new CoreDriver(settings)
  readonly transitions = new TransitionTable()
  readonly #memory = new Map<string, { memberId: string; generation: number; leads: readonly string[] }>()
  /** By group and generation: what all its members must have been told alike. Empty after a failover. */
  readonly #told = new Map<string, string>()
  readonly #highest = new Map<string, number>()
  #assignments = 0
  #commits = 0

  constructor() {
    this.driver.onTransition = (transition) => this.transitions.add(transition)
  }

  act(step: Action): void {
    const { driver } = this
    switch (step.do) {
      case 'join':
        return this.#join(step.group, step.client, step.protocol, step.twist)
      case 'restart':
        this.#memory.delete(`${step.group} ${step.client}`)
        return this.#join(step.group, step.client, 0, 0)
      case 'sync':
        return this.#sync(step.group, step.client, step.twist)
      case 'heartbeat':
        driver.ask({ type: 'heartbeat', ...this.#me(step.group, step.client, step.twist) })
        return
      case 'leave':
        return this.#leave(step.group, step.client, step.twist)
      case 'commit':
        return this.#commit(step.group, step.client, step.offset, step.twist)
      case 'delete-offsets': {
        const topics = ['t1', 't2'].map((topic) => ({ topic, partitions: [0] }))
        driver.ask({ type: 'delete-offsets', groupId: step.group, topics })
        return
      }
      case 'delete':
        driver.ask({ type: 'delete-group', groupId: step.group })
        return
      case 'drop-topic':
        return driver.topicsDeleted(['t2'])
      case 'advance':
        return driver.advance(step.ms)
      case 'hold':
        driver.holdsAppends = !driver.holdsAppends
        return
      case 'commit-append':
        return driver.commitNext()
      case 'refuse-append':
        return driver.refuseNext(step.code)
      case 'failover':
        driver.failover({ kept: step.kept })
        this.#told.clear()
        this.#highest.clear()
        return
    }
  }

  /** Reads show what is committed, all of it and nothing else; the members' assignments have one owner each. */
  check(): void {
    for (const groupId of ['g', 'h']) {
      const expected = new Map<string, number>()
      for (const record of this.driver.log) {
        if (record.type !== 'offset' || record.groupId !== groupId) continue
        if (record.value === null) expected.delete(`${record.topic}-${record.partition}`)
        else expected.set(`${record.topic}-${record.partition}`, record.value.offset)
      }
      const found = this.driver.core
        .fetchOffsets(groupId, null)
        .flatMap(({ topic, partitions }) =>
          partitions.map((one) => [`${topic}-${one.partition}`, one.committed?.offset]),
        )
      assert.deepEqual(Object.fromEntries(found), Object.fromEntries(expected))
      const { state, members, generation } = this.driver.core.describe(groupId)
      // Deleted, or expired: what comes next begins again.
      if (generation === 0) this.#forget(groupId)
      assert.ok(members.length <= mostMembers(state), `${members.length} members, ${state}`)
      assert.ok(this.#isNotLower(groupId, generation), 'a generation went back')
      if (state !== 'Stable') continue
      const owned = members.map(({ assignment }) => `${Buffer.from(assignment)}`).filter((one) => one !== '')
      assert.equal(new Set(owned).size, owned.length, 'two members own the same')
      assert.ok(new Set(owned.map((one) => one.split(':')[0])).size <= 1, 'assignments of two generations at once')
    }
  }

  /** Everyone falls silent: all who wait are told something, all members are gone in the end. */
  fallSilent(): void {
    const { driver } = this
    driver.holdsAppends = false
    while (driver.pendingAppends > 0) driver.commitNext()
    driver.advance(longEnoughMs)
    assert.deepEqual(driver.unanswered(), [], 'someone waits for ever')
    assert.deepEqual(driver.core.list(), [], 'offsets and groups have expired')
    assert.ok(
      driver.timers().every(({ timer }) => timer.type === 'expiry'),
      'timers are left',
    )
    const again = new GroupCoordinator(settings)
    for (const record of driver.log) again.replay(record)
    again.step({ type: 'loaded', nowMs: driver.nowMs })
    assert.deepEqual(again.list(), [], 'a new coordinator knows what the old one has forgotten')
  }

  #isNotLower(groupId: string, generation: number): boolean {
    const highest = this.#highest.get(groupId) ?? 0
    this.#highest.set(groupId, Math.max(highest, generation))
    return generation >= highest
  }

  #forget(groupId: string): void {
    this.#highest.delete(groupId)
    for (const key of this.#told.keys()) if (key.startsWith(`${groupId} `)) this.#told.delete(key)
  }

  /** Twist 1: of another generation; 2: of a static member that was replaced, or of nobody. */
  #me(
    groupId: string,
    name: string,
    twist = 0,
  ): { groupId: string; memberId: string; generation: number; instanceId: string | null } {
    const known = this.#memory.get(`${groupId} ${name}`)
    const instanceId = name === 'd' || name === 'e' ? `static-${name}` : null
    const generation = (known?.generation ?? -1) + (twist === 1 ? 1 : 0)
    return { groupId, memberId: twist === 2 ? 'nobody' : (known?.memberId ?? ''), generation, instanceId }
  }

  /** Twists 3 to 6: one that cannot be in the group, or that nobody could be. */
  #join(groupId: string, name: string, protocol: number, twist: number): void {
    const ways = [['range'], ['range', 'sticky'], ['sticky', 'range']][protocol] ?? []
    const { memberId, instanceId } = this.#me(groupId, name, twist)
    const topics = twist === 1 ? ['t1', 't3'] : ['t1']
    this.driver.ask({
      type: 'join',
      groupId,
      memberId,
      instanceId,
      clientId: name,
      clientHost: '/10.0.0.1',
      sessionTimeoutMs: twist === 3 ? 1 : 10_000,
      rebalanceTimeoutMs: protocol === 2 ? 60_000 : 30_000,
      protocolType: twist === 4 ? 'connect' : 'consumer',
      protocols: (twist === 5 ? ['unknown'] : ways).map((way) => ({
        name: way,
        metadata: twist === 6 ? tooLong : subscription(topics),
      })),
      requiresMemberId: name !== 'c',
      canSkipAssignment: name !== 'd',
      reason: null,
      freshId: `${++this.#assignments}`,
    })
    this.#listen()
  }

  /** Twist 3: every member of the group in one request; 4: by instance id alone. */
  #leave(groupId: string, name: string, twist: number): void {
    const names = twist === 3 ? clients : [name]
    const members = names.map((one) => {
      const { memberId, instanceId } = this.#me(groupId, one, twist)
      return { memberId: twist === 4 ? '' : memberId, instanceId, reason: null }
    })
    this.driver.ask({ type: 'leave', groupId, members })
  }

  /** Twist 3: of another protocol. */
  #sync(groupId: string, name: string, twist: number): void {
    const me = this.#me(groupId, name, twist)
    const token = ++this.#assignments
    const leads = this.#memory.get(`${groupId} ${name}`)?.leads ?? []
    this.driver.ask({
      type: 'sync',
      ...me,
      protocolType: null,
      protocol: twist === 3 ? 'unknown' : null,
      assignments: leads.map((memberId) => ({ memberId, assignment: Buffer.from(`${token}:${memberId}`) })),
    })
  }

  /** Twist 3: by a client that does not know of all refusals; 4: with more beside it than is let in. */
  #commit(groupId: string, name: string, offset: number, twist: number): void {
    const { memberId, generation, instanceId } = this.#me(groupId, name, twist)
    const isSimple = ++this.#commits % 3 === 0
    const metadata = twist === 4 ? 'x'.repeat(settings.offsetMetadataMax + 1) : null
    const partitions = [{ partition: 0, offset, leaderEpoch: -1, metadata }]
    this.driver.ask({
      type: 'commit',
      groupId,
      memberId: isSimple ? '' : memberId,
      generation: isSimple ? -1 : generation,
      instanceId: isSimple ? null : instanceId,
      retentionMs: -1,
      knowsGroupNotFound: twist !== 3,
      topics: [{ topic: isSimple ? 't2' : 't1', topicId: null, partitions }],
    })
  }

  /** Clients take in what they were told since. */
  #listen(): void {
    for (const { request, answer } of this.driver.requests.values()) {
      if (request.type !== 'join' || answer === null) continue
      this.#hear(request.groupId, request.clientId, answer as GroupAnswers['join'])
    }
    for (const [ticket, { answer }] of [...this.driver.requests]) {
      if (answer !== null) this.driver.requests.delete(ticket)
    }
  }

  #hear(groupId: string, name: string, answer: JoinAnswer): void {
    const me = `${groupId} ${name}`
    if (answer.code === 'unknown-member' || answer.code === 'fenced-instance') this.#memory.delete(me)
    if (answer.code === 'member-id-required') {
      this.#memory.set(me, { memberId: answer.memberId, generation: -1, leads: [] })
    }
    if (answer.code !== 'ok') return
    const leads = answer.skipAssignment ? [] : answer.members.map(({ memberId }) => memberId)
    this.#memory.set(me, { memberId: answer.memberId, generation: answer.generation, leads })
    const fact = `${answer.protocol}`
    const key = `${groupId} ${answer.generation}`
    assert.equal(this.#told.get(key) ?? fact, fact, 'members of one generation were told of different protocols')
    this.#told.set(key, fact)
  }

  /** As `#listen`, from outside. */
  listen(): void {
    this.#listen()
  }
}
