import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { ReplicaId } from './replica-id.ts'
import { dueChange, nextFor, voterChangeFault, VoterHistory, type VoterSet } from './voters.ts'

const replica = (broker: number, directory = 'A'): ReplicaId => ({ broker, directory })
const set = (offset: number, ...brokers: number[]): VoterSet => ({
  offset,
  voters: brokers.map((broker) => replica(broker)),
  learner: null,
})

/** All majorities of the voters, as sets of names. */
function majorities({ voters }: Pick<VoterSet, 'voters'>): Set<string>[] {
  const names = voters.map(({ broker, directory }) => `${broker}${directory}`)
  return names
    .reduce<string[][]>((all, name) => [...all, ...all.map((some) => [...some, name])], [[]])
    .filter((some) => some.length * 2 > names.length)
    .map((some) => new Set(some))
}

const meet = (one: Pick<VoterSet, 'voters'>, other: Pick<VoterSet, 'voters'>): boolean =>
  majorities(one).every((these) => majorities(other).every((those) => [...these].some((name) => those.has(name))))

/** What happens to a log: a set is appended, or the log is cut so far. */
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('append' as const), by: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ do: fc.constant('cut' as const), to: fc.nat(40) }),
  ),
  { maxLength: 30 },
)

describe('a voter history', () => {
  test('is what a scan of the whole log would give, whatever is appended and cut', () => {
    fc.assert(
      fc.property(steps, (happenings) => {
        const history = new VoterHistory([set(-1, 1)])
        let log: (VoterSet | null)[] = []
        for (const each of happenings) {
          if (each.do === 'append') {
            while (log.length % 7 < each.by) log.push(null)
            const entry = set(log.length, 1, 2 + log.length)
            log.push(entry)
            history.append(entry)
          } else {
            log = log.slice(0, each.to)
            history.truncateTo(log.length)
          }
          const slow = log.filter((entry) => entry !== null)
          assert.deepEqual(history.sets.slice(1), slow)
          assert.deepEqual(history.latest, slow.at(-1) ?? set(-1, 1))
          // Each entry stands under the set before it.
          const at = each.do === 'cut' ? each.to : each.by
          const here = slow.filter(({ offset }) => offset < at).at(-1) ?? set(-1, 1)
          assert.deepEqual(history.at(at), here)
        }
      }),
    )
  })
})

describe('a change of voters', () => {
  const brokers = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 6 })

  test('leads to a set of which every majority meets every majority of the set before', () => {
    fc.assert(
      fc.property(
        brokers,
        fc.constantFrom('add' as const, 'remove' as const),
        fc.integer({ min: 1, max: 8 }),
        (ids, what, broker) => {
          const before = set(3, ...ids)
          const next = nextFor({ do: what, replica: replica(broker) }, before)
          if (next === null || typeof next === 'string') return
          assert.ok(meet(before, next))
          const taken = dueChange({ ...next, offset: 4 }, [{ ...replica(broker), hasAll: true }], ids[0] ?? 0)
          if (taken !== null) assert.ok(meet(next, taken))
        },
      ),
    )
  })

  test('for the new disk of a voter goes in two steps, since in one they need not meet', () => {
    const before = set(3, 1, 2, 3)
    const fresh = { ...replica(2, 'B'), hasAll: true }
    const out = dueChange(before, [fresh], 1)
    assert.deepEqual(out, { voters: [replica(1), replica(3)], learner: replica(2, 'B') })
    assert.equal(dueChange(before, [{ ...fresh, hasAll: false }], 1), null)
    const taken = dueChange({ offset: 9, voters: [replica(1), replica(3)], learner: replica(2, 'B') }, [fresh], 1)
    assert.deepEqual(taken, { voters: [replica(1), replica(3), replica(2, 'B')], learner: null })
    // One step at once, of two voters: a majority of before and one of after may have nobody in common.
    const two = set(3, 1, 2)
    assert.ok(
      !meet(
        { voters: [replica(1), replica(2), replica(3)] },
        { voters: [replica(2, 'B'), replica(3, 'B'), replica(1)] },
      ),
    )
    assert.ok(meet(two, { voters: [replica(1)] }))
  })

  test('of two replicas at once may have majorities that do not meet', () => {
    assert.ok(!meet(set(0, 1, 2, 3), set(1, 1, 2, 3, 4, 5)))
  })

  test('waits until the one before is committed, and the leader’s own epoch', () => {
    assert.match(
      voterChangeFault({ latest: set(-1, 1), highWatermark: 5, epochStart: 5 }) ?? '',
      /nothing in its epoch/,
    )
    assert.match(voterChangeFault({ latest: set(6, 1), highWatermark: 6, epochStart: 5 }) ?? '', /not committed yet/)
    assert.equal(voterChangeFault({ latest: set(5, 1), highWatermark: 6, epochStart: 5 }), null)
  })

  test('is refused where it makes no sense', () => {
    assert.equal(nextFor({ do: 'remove', replica: replica(1) }, set(0, 1)), 'it is the only voter')
    assert.equal(nextFor({ do: 'remove', replica: replica(9) }, set(0, 1, 2)), null)
    assert.equal(nextFor({ do: 'add', replica: replica(1) }, set(0, 1, 2)), null)
    const busy = { ...set(0, 1), learner: replica(4) }
    assert.match(`${JSON.stringify(nextFor({ do: 'add', replica: replica(5) }, busy))}`, /broker 4 is being taken in/)
    assert.deepEqual(nextFor({ do: 'remove', replica: replica(4) }, busy), { voters: [replica(1)], learner: null })
  })
})
