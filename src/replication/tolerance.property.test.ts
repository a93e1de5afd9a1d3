import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Redundancy, tolerance, toleranceNow } from './tolerance.ts'

type Members = readonly number[]

/** All subsets of 0 … n-1 that have one of these sizes. */
function subsets(n: number, holds: (size: number) => boolean): Members[] {
  const all = Array.from({ length: 2 ** n }, (_, bits) =>
    Array.from({ length: n }, (_, at) => at).filter((at) => bits & (1 << at)),
  )
  return all.filter(({ length }) => holds(length))
}

const without = (set: Members, lost: Members): Members => set.filter((replica) => !lost.includes(replica))
const meet = (one: Members, other: Members): boolean => one.some((replica) => other.includes(replica))

/** Who has an acknowledged record, and the sets of replicas any of which may decide on who leads next. */
interface Family {
  readonly acknowledging: readonly Members[]
  readonly electing: (acknowledged: Members) => readonly Members[]
}

function familyOf({ scheme, replicas: n, minInSyncReplicas, syncBackups, degrades }: Redundancy): Family {
  if (scheme === 'isr') {
    const required = Math.min(minInSyncReplicas, n)
    // The in-sync set and the eligible ones: each has all that is committed, and each alone may be elected.
    return { acknowledging: subsets(n, (size) => size >= required), electing: (set) => set.map((replica) => [replica]) }
  }
  if (scheme === 'majority') {
    const majorities = subsets(n, (size) => size * 2 > n)
    return { acknowledging: majorities, electing: () => majorities }
  }
  // Replica 0 is the primary: it leads if it is there, else enough of its backups are asked.
  const withPrimary = subsets(n, (size) => size === syncBackups + 1).filter((set) => set.includes(0))
  // It may have acknowledged alone: nobody takes its place without it.
  if (degrades === true) return { acknowledging: [[0]], electing: () => [[0]] }
  const asked = subsets(n, (size) => size >= n - syncBackups).filter((set) => !set.includes(0))
  return { acknowledging: withPrimary, electing: () => [[0], ...asked] }
}

/** By trying all losses: the most that no acknowledged record is lost by, whoever decides then. */
function survivedSlowly(partition: Redundancy): number {
  const { acknowledging, electing } = familyOf(partition)
  const isSafe = (lost: Members): boolean =>
    acknowledging.every((set) => {
      const left = without(set, lost)
      const deciding = electing(set).filter((each) => !meet(each, lost))
      return left.length > 0 && deciding.every((each) => meet(each, left))
    })
  for (let losses = 1; losses <= partition.replicas; losses++) {
    if (!subsets(partition.replicas, (size) => size === losses).every(isSafe)) return losses - 1
  }
  return partition.replicas
}

const partitions: Redundancy[] = [1, 2, 3, 4, 5].flatMap((replicas) => [
  ...[1, 2, 3, 4, 5, 6].map((minInSyncReplicas) => ({
    scheme: 'isr' as const,
    replicas,
    minInSyncReplicas,
    syncBackups: 0,
  })),
  { scheme: 'majority' as const, replicas, minInSyncReplicas: 1, syncBackups: 0 },
  ...Array.from({ length: replicas }, (_, syncBackups) => {
    return { scheme: 'primary-backup' as const, replicas, minInSyncReplicas: 1, syncBackups }
  }),
  { scheme: 'primary-backup' as const, replicas, minInSyncReplicas: 1, syncBackups: replicas - 1, degrades: true },
])

test('the data that a scheme survives is what trying all losses and all elections gives', () => {
  for (const partition of partitions) {
    assert.equal(tolerance(partition).data, survivedSlowly(partition), JSON.stringify(partition))
  }
})

test('five replicas survive two losses and take writes with two down, by majority and by isr of three', () => {
  const base = { replicas: 5, syncBackups: 0 }
  assert.deepEqual(tolerance({ ...base, scheme: 'majority', minInSyncReplicas: 1 }), { data: 2, writes: 2 })
  assert.deepEqual(tolerance({ ...base, scheme: 'isr', minInSyncReplicas: 3 }), { data: 2, writes: 2 })
})

test('what is tolerated now follows from who is there', () => {
  const isr: Redundancy = { scheme: 'isr', replicas: 3, minInSyncReplicas: 2, syncBackups: 0 }
  const now = (inSync: number, eligible = 0, isLed = true) =>
    toleranceNow(isr, { isLed, alive: inSync, inSync, eligible })
  assert.deepEqual(now(3), { data: 2, writes: 1 })
  assert.deepEqual(now(2), { data: 1, writes: 0 })
  assert.deepEqual(now(1, 1), { data: 1, writes: -1 })
  assert.deepEqual(now(0, 1, false), { data: 0, writes: -1 })
  const majority: Redundancy = { ...isr, scheme: 'majority' }
  assert.deepEqual(toleranceNow(majority, { isLed: true, alive: 2, inSync: 3, eligible: 0 }), { data: 1, writes: 0 })
  const primary: Redundancy = { ...isr, scheme: 'primary-backup', syncBackups: 1 }
  assert.deepEqual(toleranceNow(primary, { isLed: true, alive: 1, inSync: 3, eligible: 0 }), { data: 1, writes: -1 })
})
