import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { placeReplicas } from './placement.ts'

const placements = fc
  .record({
    racks: fc.array(fc.nat(3), { minLength: 1, maxLength: 9 }),
    partitions: fc.integer({ min: 1, max: 30 }),
    factor: fc.integer({ min: 1, max: 9 }),
    start: fc.nat(20),
  })
  .map(({ racks, partitions, factor, start }) => ({
    brokers: racks.map((rack, at) => ({ id: at + 1, rack: `${rack}` })),
    partitions,
    replicationFactor: Math.min(factor, racks.length),
    start,
  }))

test('replicas of a partition are distinct brokers, and no rack has two more of them than another that has brokers left', () => {
  fc.assert(
    fc.property(placements, (placement) => {
      const { brokers, replicationFactor } = placement
      const sizes = new Map<string, number>()
      for (const { rack } of brokers) sizes.set(rack, (sizes.get(rack) ?? 0) + 1)
      for (const replicas of placeReplicas(placement)) {
        assert.equal(new Set(replicas).size, replicationFactor)
        const used = new Map([...sizes.keys()].map((rack) => [rack, 0]))
        for (const id of replicas) {
          const rack = brokers[id - 1]?.rack as string
          used.set(rack, (used.get(rack) ?? 0) + 1)
        }
        const most = Math.max(...used.values())
        for (const [rack, count] of used) assert.ok(count >= most - 1 || count === sizes.get(rack), `${replicas}`)
      }
    }),
  )
})

test('where all racks are of one size, or there are none, leaders and replicas are spread evenly', () => {
  const even = fc.record({
    racks: fc.integer({ min: 1, max: 4 }),
    each: fc.integer({ min: 1, max: 3 }),
    start: fc.nat(20),
  })
  fc.assert(
    fc.property(even, fc.integer({ min: 1, max: 4 }), ({ racks, each, start }, factor) => {
      const brokers = Array.from({ length: racks * each }, (_, at) => ({
        id: at,
        rack: racks === 1 ? null : `${at % racks}`,
      }))
      const replicationFactor = Math.min(factor, brokers.length)
      const partitions = brokers.length * 6
      const placed = placeReplicas({ brokers, partitions, replicationFactor, start })
      const counts = brokers.map(({ id }) => [
        placed.filter(([first]) => first === id).length,
        placed.filter((replicas) => replicas.includes(id)).length,
      ])
      for (const count of counts) assert.deepEqual(count, [6, 6 * replicationFactor])
    }),
  )
})
