import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isTombstone, tombstoneOf } from '../tombstones.ts'
import { ClusterFixture } from './cluster-fixture.ts'

const compacted = {
  'cleanup.policy': 'compact',
  'internal.segment.bytes': '300',
  'min.cleanable.dirty.ratio': '0.01',
  'delete.retention.ms': '0',
}
const schemes = [
  { name: 'isr', settings: { 'min.insync.replicas': '2' } },
  { name: 'majority', settings: { 'replication.scheme': 'majority' } },
  { name: 'primary-backup', settings: { 'replication.scheme': 'primary-backup', 'replication.sync.backups': '1' } },
]
const shape = { settings: { 'log.cleaner.backoff.ms': '20', 'replica.lag.time.max.ms': '500' } }

describe('a topic that is compacted', () => {
  for (const { name, settings } of schemes) {
    test(`${name}: keeps a tombstone until every replica has it, and then lets it go`, () =>
      ClusterFixture.tell(
        { ...compacted, ...settings },
        async (cluster, leader) => {
          const producer = cluster.client.openProducer({ name: 'keyed', idempotent: true, acks: -1 })
          let serial = 0
          const send = async (key: string, value: string): Promise<void> => {
            const batch = { topic: 't', partition: 0, keys: [key], values: [value] }
            let again = false
            await cluster.insisted(async () => {
              const sent = producer.send({ ...batch, again })
              again = true
              await sent
            })
          }
          /** Other keys, of which only the newest record stays, in more segments than one. */
          const fill = async (): Promise<void> => {
            for (let i = 0; i < 12; i++) await send('other', `${serial++}`.padEnd(60, '.'))
            await cluster.world.run({ untilMs: cluster.world.nowMs + 300 })
          }
          const kept = async (): Promise<string[]> => {
            const values = await cluster.read()
            assert.ok(Array.isArray(values), `${values}`)
            return values.filter((value) => value === 'one' || isTombstone(value))
          }

          await send('key', 'one')
          await fill()
          const away = cluster.machines.find((machine) => machine !== leader && cluster.replicaOn(machine) !== null)
          assert.ok(away !== undefined)
          away.end({ do: 'crash', node: away.id, downMs: 5_000 })
          await send('key', tombstoneOf('one'))
          for (let round = 0; round < 4; round++) await fill()
          assert.deepEqual(await kept(), [tombstoneOf('one')])

          await cluster.until(
            () => cluster.replicaOn(away)?.log.logEndOffset === cluster.replicaOn(leader)?.log.logEndOffset,
          )
          for (let round = 0; round < 4; round++) await fill()
          assert.deepEqual(await kept(), [])
          // Whoever leads: what was deleted is not back.
          leader.end({ do: 'crash', node: leader.id, downMs: 3_000 })
          await cluster.until(() => cluster.leader !== null && cluster.leader.isUp)
          await fill()
          assert.deepEqual(await kept(), [])
        },
        shape,
      ))
  }
})
