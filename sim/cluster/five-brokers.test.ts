import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ClusterFixture } from './cluster-fixture.ts'

/** Two schemes that promise the same: data and writes survive the loss of two of five. */
const equals = [
  { name: 'majority', settings: { 'replication.scheme': 'majority' } },
  { name: 'isr, min.insync.replicas=3', settings: { 'min.insync.replicas': '3' } },
]

const shape = { brokers: 5, controllers: 3, settings: { 'default.replication.factor': '5' } }

describe('five replicas', () => {
  for (const { name, settings } of equals) {
    test(`${name}: with two dead writes go on, with three they are refused, and nothing is lost`, () =>
      ClusterFixture.tell(
        settings,
        async (cluster, leader) => {
          const others = cluster.machines.filter((machine) => machine !== leader)
          const dies = (nth: number): void =>
            (nth === 0 ? leader : others[nth])?.end({ do: 'crash', node: 0, downMs: 40_000 })
          await cluster.insist('five')
          dies(0)
          dies(1)
          await cluster.insist('three')
          dies(2)
          await cluster.world.run({ untilMs: cluster.world.nowMs + 2_000 })
          const refused = String(await cluster.produce('two'))
          assert.match(refused, /NOT_ENOUGH_REPLICAS|REQUEST_TIMED_OUT|LEADER_NOT_AVAILABLE|NOT_LEADER/)
          await cluster.until(() => cluster.machines.every(({ isUp }) => isUp), 60_000)
          await cluster.insist('again')
          const values = await cluster.read()
          assert.ok(Array.isArray(values), String(values))
          assert.deepEqual(
            values.filter((value) => value !== 'two'),
            ['five', 'three', 'again'],
          )
        },
        shape,
      ))
  }
})
