import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { divergenceOf } from '../../src/replication/divergence.ts'
import { replicationRules } from '../../src/replication/rules.ts'
import { groupPlanOf } from './group-plan.ts'
import { type GroupUnderTest, runGroupSeed, soundGroup as sound } from './group-world.ts'
import { countsFromCommitted, showsUncommitted, toldByUncommitted, uncutQueue } from './planted-queues.ts'

describe('a group that elects its leader itself', () => {
  test('30 seeds of faults show no violation', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { violations } = await runGroupSeed(seed)
      assert.deepEqual(violations, [], `seed ${seed}`)
    }
  })

  test('the same seed gives the same run', async () => {
    const runs = [await runGroupSeed(7), await runGroupSeed(7), await runGroupSeed(8)]
    const [one, again, other] = runs.map(({ traceHash }) => traceHash)
    assert.equal(one, again)
    assert.notEqual(one, other)
  })
})

/** Mistakes that real systems have made; within how many seeds each has to be found, and as what. */
interface Planted {
  readonly name: string
  readonly parts: GroupUnderTest
  readonly seeds: number
  /** Default 1: from where on it is found soon. */
  readonly firstSeed?: number
  /** Only seeds in which a group does nothing but hand over. */
  readonly onlyHandsOver?: boolean
  readonly seenAs: readonly string[]
}

const planted: readonly Planted[] = [
  {
    name: 'a replica that is behind is elected, for its newer epoch (dledger#52)',
    parts: { ...sound, rules: { ...replicationRules, isUpToDate: () => true } },
    seeds: 40,
    seenAs: ['committed entries lost', 'committed history differs'],
  },
  {
    name: 'of two logs the longer one wins, whatever its last epoch',
    parts: { ...sound, rules: { ...replicationRules, isUpToDate: (one, other) => one.endOffset >= other.endOffset } },
    firstSeed: 560,
    seeds: 320,
    seenAs: ['committed entries lost', 'committed history differs', 'logs differ'],
  },
  {
    name: 'a log that is no longer than the leader’s is never cut, and its fetch acknowledges (KIP-101, rocketmq#3015)',
    parts: {
      ...sound,
      rules: {
        ...replicationRules,
        divergenceOf: (fetch, log) => (fetch.from <= log.logEndOffset ? null : divergenceOf(fetch, log)),
      },
    },
    seeds: 100,
    seenAs: ['committed history differs', 'logs differ', 'uncaught error', 'not live', 'ended itself'],
  },
  {
    name: 'a set of voters counts only from when it is committed (Raft thesis, section 4.1)',
    parts: {
      ...sound,
      rules: {
        ...replicationRules,
        votersInForce: (history, watermark) =>
          history.sets.findLast(({ offset }) => offset < watermark) ?? history.sets[0],
      },
    },
    seeds: 60,
    seenAs: ['committed entries lost', 'committed history differs', 'two leaders', 'not live'],
  },
  {
    name: 'a replica that lacks entries is handed the leadership',
    parts: { ...sound, rules: { ...replicationRules, hasAll: () => true, mayStand: () => true } },
    seeds: 120,
    onlyHandsOver: true,
    seenAs: ['cut by a hand-over'],
  },
  {
    name: 'a leader goes on taking writes while it hands over',
    parts: { ...sound, rules: { ...replicationRules, writesWhileHandingOver: true } },
    seeds: 120,
    onlyHandsOver: true,
    seenAs: ['cut by a hand-over'],
  },
  {
    name: 'a new leader gives out queue offsets before its consume queues have reached the end of its log (rocketmq#7689)',
    parts: { ...sound, serve: countsFromCommitted },
    seeds: 60,
    seenAs: ['uncaught error', 'ended itself', 'lost', 'hole'],
  },
  {
    name: 'consumers of a queue are shown what is not committed (rocketmq#8239)',
    parts: { ...sound, serve: showsUncommitted },
    seeds: 120,
    seenAs: ['early read'],
  },
  {
    name: 'a consume queue is not cut when its commit log is',
    parts: { ...sound, serve: uncutQueue },
    seeds: 60,
    seenAs: ['uncaught error', 'ended itself', 'lost', 'hole'],
  },
  {
    name: 'a commit log begins above all that tells of a queue but for what is not committed',
    parts: { ...sound, serve: toldByUncommitted },
    firstSeed: 192_968_461,
    seeds: 1,
    seenAs: ['hole'],
  },
]

describe('a planted bug is found:', () => {
  for (const { name, parts, seeds, seenAs, firstSeed = 1, onlyHandsOver = false } of planted) {
    test(name, async () => {
      for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
        if (onlyHandsOver && !groupPlanOf(seed).onlyHandsOver) continue
        const [violation] = (await runGroupSeed(seed, { parts })).violations
        if (violation === undefined) continue
        assert.ok(seenAs.includes(violation.code), `seed ${seed}: ${violation.code}: ${violation.detail}`)
        return
      }
      assert.fail(`not within ${seeds} seeds`)
    })
  }
})
