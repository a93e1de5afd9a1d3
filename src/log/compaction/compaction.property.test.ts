import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { SimNode } from '../../runtime/sim/sim-node.ts'
import { SimWorld } from '../../runtime/sim/sim-world.ts'
import type { Log } from '../log.ts'
import { openTestLog } from '../log-fixture.ts'
import { CompactionTwin, compactedSettings, compactOnce, roomyMemory } from './compaction-fixture.ts'

type Step =
  | { do: 'append'; keys: string[]; size: number; tombstones: boolean; codec: 'none' | 'gzip' | 'lz4'; by: number }
  | { do: 'end'; by: number; how: 'commit' | 'abort' }
  | { do: 'roll' }
  | { do: 'lead' }
  | { do: 'wait'; ms: number }
  | { do: 'compact'; committed: number; replicated: number; keys: number }
  | { do: 'restart'; how: 'reopen' | 'kill' | 'power-cut'; during: boolean; forgetful: boolean }

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'a longer key')
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      keys: fc.array(key, { minLength: 1, maxLength: 4 }),
      size: fc.integer({ min: 0, max: 60 }),
      tombstones: fc.boolean(),
      codec: fc.constantFrom('none' as const, 'none' as const, 'gzip' as const, 'lz4' as const),
      // Below 0: none. 1 and 2 have sequences, 11 to 13 have transactions.
      by: fc.constantFrom(-1, -1, 1, 2, 11, 12, 13),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      by: fc.constantFrom(11, 12, 13),
      how: fc.constantFrom('commit' as const, 'abort' as const),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'roll' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'lead' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 400 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('compact' as const),
      committed: fc.constantFrom(1, 1, 0.7),
      replicated: fc.constantFrom(1, 1, 0.5, 0),
      keys: fc.constantFrom(100, 3, 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('restart' as const),
      how: fc.constantFrom('reopen' as const, 'kill' as const, 'power-cut' as const),
      during: fc.boolean(),
      forgetful: fc.boolean(),
    }),
  },
)

class Life {
  readonly world: SimWorld
  readonly node: SimNode
  readonly twin = new CompactionTwin()
  log!: Log
  /** As the checkpoint of compactions holds it. */
  cleanedUpTo: number | null = null

  constructor(seed: number) {
    this.world = new SimWorld(seed)
    this.node = this.world.node('a')
  }

  async open(how: { clean: boolean; powerCut: boolean }): Promise<void> {
    const options = { settings: compactedSettings, cleanedUpTo: this.cleanedUpTo, ...how }
    this.log = (await this.world.complete(openTestLog(this.node.runtime, options))).log
    assert.deepEqual(this.log.recovery.damage, [])
    this.twin.cleanedUpTo = this.cleanedUpTo ?? 0
  }

  compact(one: { committed: number; replicated: number; keys: number }): Promise<unknown> {
    const committedUpTo = Math.floor(this.twin.end * one.committed)
    const replicatedUpTo = Math.floor(committedUpTo * one.replicated)
    const memory = { ...roomyMemory, keyBytes: Math.ceil(one.keys / 0.9 + 1) * 24 }
    return compactOnce(this.node.runtime, this.log, { committedUpTo, replicatedUpTo, memory, twin: this.twin })
  }

  /** What a broker has noted before its log is first compacted. */
  begin(): void {
    this.log.compactions.begin()
    this.cleanedUpTo ??= this.log.cleanedUpTo
  }

  async restart(one: { how: 'reopen' | 'kill' | 'power-cut'; during: boolean; forgetful: boolean }): Promise<void> {
    const producers = statesOf(this.log)
    this.begin()
    const compacting = one.during ? this.compact({ committed: 1, replicated: 1, keys: 100 }).catch(() => {}) : null
    if (one.during) await this.world.run({ untilMs: this.world.nowMs + this.world.random.between(0, 25) })
    if (one.how === 'reopen') {
      await this.world.complete(this.log.close())
      if (compacting !== null) await this.world.complete(compacting)
      this.cleanedUpTo = this.log.cleanedUpTo
    }
    if (one.how === 'power-cut') this.node.powerCut()
    this.node.restart()
    if (one.forgetful) await this.world.complete(this.#forgetProducers())
    await this.open({ clean: one.how === 'reopen' && !one.forgetful, powerCut: one.how === 'power-cut' })
    assert.deepEqual(statesOf(this.log), producers)
  }

  /** Without snapshots the state of producers is what the log's batches tell. */
  async #forgetProducers(): Promise<void> {
    const { disk } = this.node.runtime
    for (const { name } of await disk.list('data/t-0')) {
      if (name.endsWith('.snapshot')) await disk.remove(`data/t-0/${name}`)
    }
    await disk.syncDirectory('data/t-0')
  }
}

function statesOf(log: Log): string[] {
  const told = log.producers.describe().map((one) => `${one.producerId} ${one.producerEpoch} ${one.lastSequence}`)
  return told.sort()
}

async function run(life: Life, steps: readonly Step[]): Promise<void> {
  await life.open({ clean: true, powerCut: false })
  let serial = 0
  for (const one of steps) {
    const { world, node, twin } = life
    const timestamp = node.runtime.clock.nowMs()
    switch (one.do) {
      case 'append': {
        const records = one.keys.map((name, i) => {
          const isTombstone = one.tombstones && i % 2 === 0
          return { key: name, value: isTombstone ? null : `${serial++}${'x'.repeat(one.size)}` }
        })
        const { codec, by } = one
        await twin.append(life.log, records, { timestamp, codec, producerId: by, transactional: by > 10 })
        await world.complete(life.log.flush())
        break
      }
      case 'end':
        await twin.endTransaction(life.log, one.by, one.how, timestamp)
        await world.complete(life.log.flush())
        break
      case 'roll':
        await world.complete(life.log.roll())
        await world.complete(life.log.flush())
        break
      case 'lead':
        twin.epoch++
        break
      case 'wait':
        await world.run({ untilMs: world.nowMs + one.ms })
        break
      case 'compact':
        life.begin()
        await world.complete(life.compact(one))
        life.cleanedUpTo = life.log.cleanedUpTo
        break
      case 'restart':
        await life.restart(one)
        break
      default:
        one satisfies never
    }
    await world.complete(twin.check(life.log, node.runtime.clock.nowMs()))
  }
}

const append = (keys: string[], size = 0, by = -1): Step => {
  return { do: 'append', keys, size, tombstones: false, codec: 'none', by }
}

/** The second compaction rewrites an older part than the first: what memory holds of the newer one must not come back. */
const memoryOfTwoParts: Step[] = [
  append(['a']),
  append(['a']),
  append(['a', 'a']),
  append(['a'], 11),
  append(['b', 'a longer key', 'a'], 52),
  append(['a'], 0, 13),
  append(['e', 'a', 'a']),
  { do: 'end', by: 13, how: 'abort' },
  append(['a']),
  { do: 'compact', committed: 1, replicated: 1, keys: 1 },
  { do: 'compact', committed: 1, replicated: 1, keys: 1 },
]

test('a compacted log keeps the newest record of each key, through transactions, full maps, crashes and restarts', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 60, size: 'max' }),
    fc.integer(),
    async (steps, seed) => {
      await run(new Life(seed), steps)
    },
  )
  await fc.assert(property, { numRuns: 150, includeErrorInReport: true, examples: [[memoryOfTwoParts, 0]] })
})
