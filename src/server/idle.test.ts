import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { produce } from '../kafka/schema/produce.ts'
import type { Clock } from '../runtime/clock.ts'
import { batchOf, Known, produceTo } from './kafka-call-fixture.ts'
import { type ClusterFixture, withCluster } from './cluster-fixture.ts'

const partitions = 20
const idleMinutes = 5

/** How often timers of that broker fire while time passes. */
async function firedIn(cluster: ClusterFixture, clock: Clock, minutes: number): Promise<number> {
  let fired = 0
  const { setTimer } = clock
  clock.setTimer = (ms, run) =>
    setTimer.call(clock, ms, () => {
      fired++
      run()
    })
  await new Promise<void>((resolve) => void cluster.world.schedule(minutes * 60_000, resolve))
  clock.setTimer = setTimer
  return fired
}

async function makeTopic(cluster: ClusterFixture, name: string, configs: Record<string, string>): Promise<string> {
  const topic = { name, numPartitions: partitions, replicationFactor: 1 }
  const values = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
  const { topics } = await cluster.call(1, createTopics, 7, {
    topics: [{ ...topic, configs: values }],
    timeoutMs: 1_000,
  })
  assert.equal(topics[0]?.errorCode, 0)
  return topics[0]?.topicId ?? ''
}

test('a broker alone wakes a few times a minute, however many partitions it has, once nothing is to be done', () =>
  withCluster({ brokers: [1] }, async (cluster) => {
    await cluster.start(1)
    const known = new Known()
    known.topicIds.set('words', await makeTopic(cluster, 'words', {}))
    for (let index = 0; index < partitions; index++) {
      await cluster.call(1, produce, 12, produceTo(known, 'words', batchOf(3), { index }))
    }
    await cluster.stop(1)
    await cluster.restart(1)
    const { clock } = cluster.world.node('node-1').runtime
    // The first scrub of all logs.
    await firedIn(cluster, clock, 2)
    const fired = await firedIn(cluster, clock, idleMinutes)
    assert.ok(fired <= 6 * idleMinutes, `${fired} timers in ${idleMinutes} minutes`)
  }))
