import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClusterImage } from '../metadata/image.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import { rest } from '../runtime/rest.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { ListedBrokers } from './listed-brokers.ts'

const registered = (brokerId: number, fenced: boolean): MetadataRecord => ({
  type: 'register-broker',
  brokerId,
  directoryId: `directory-${brokerId}`,
  incarnation: `incarnation-${brokerId}`,
  host: '127.0.0.1',
  port: 9091 + brokerId,
  rack: null,
  peerHost: '127.0.0.1',
  peerPort: 9151 + brokerId,
  fenced,
})
const changed = (brokerId: number, fenced: boolean): MetadataRecord => ({ type: 'broker-change', brokerId, fenced })

test('a broker that dies is listed for five seconds more, one that never lived or has gone is not', async () => {
  const world = new SimWorld(1)
  const { clock } = world.node('a').runtime
  const image = new ClusterImage('cluster')
  const listed = new ListedBrokers({ image, clock })
  let offset = 0
  const apply = (...records: MetadataRecord[]): void => {
    for (const record of records) image.replay(record, offset++)
    listed.apply(records)
  }
  const ids = (): number[] => listed.all().map(({ id }) => id)
  await world.complete(
    (async () => {
      apply(registered(3, false), registered(1, false), registered(2, false), registered(4, true))
      assert.deepEqual(ids(), [1, 2, 3])
      apply(changed(2, true))
      assert.deepEqual(ids(), [1, 2, 3])
      await rest(clock, 4_000)
      apply(changed(3, true), { type: 'unregister-broker', brokerId: 3 })
      assert.deepEqual(ids(), [1, 2])
      await rest(clock, 1_100)
      assert.deepEqual(ids(), [1])
      apply(registered(2, true))
      assert.deepEqual(ids(), [1])
      apply(changed(2, false))
      assert.deepEqual(ids(), [1, 2])
    })(),
  )
})
