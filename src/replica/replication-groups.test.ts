import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestLog } from '../log/log-fixture.ts'
import { Log } from '../log/log.ts'
import type { LogEvents } from '../log/log-settings.ts'
import { Peers } from '../peer/peers.ts'
import { buildBatch } from '../record/batch-builder.ts'
import { isrScheme } from '../replication/schemes.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { ownBatch } from './own-batch.ts'
import { Replica } from './replica.ts'
import { ReplicationGroups } from './replication-groups.ts'

const directory = 'AAAAAAAAAAAAAAAAAAAAZA'
const self = { broker: 1, directory }
const other = { broker: 2, directory, incarnation: 'AAAAAAAAAAAAAAAAAAAAAQ' }
const group = { topicId: 'AAAAAAAAAAAAAAAAAAAAAw', partition: 0 }

const sets = { replicas: [self, other], inSync: [1, 2], eligible: [], partitionEpoch: 0 }

test('groups that are closed lead nothing: whoever waits for more is told, and nothing is read of a closed log', async () => {
  const world = new SimWorld(3)
  const { runtime } = world.node('a')
  const peers = new Peers(runtime, {
    clusterId: 'c',
    self: { ...self, incarnation: 'AAAAAAAAAAAAAAAAAAAAAg' },
    listen: { host: 'a', port: 9190 },
    hubs: new Set([1, 2]),
    beatMs: 50,
    silenceMs: 250,
    frameBytesMax: 1024,
  })
  const groups = new ReplicationGroups(runtime.clock, peers)
  const { clock, logger } = runtime
  const options = { topic: 't', partition: 0, self, scheme: isrScheme(1), link: groups.linkFor(group), clock, logger }
  const opening = Replica.open(options, async (events: LogEvents) => {
    const { log } = await openTestLog(runtime, { events })
    assert.ok(log instanceof Log)
    return log
  })
  const replica = await world.complete(opening)
  groups.join(group, { replica, election: null })
  replica.lead(0, sets)
  const answers: string[] = []
  const request = { epoch: 0, from: 0, lastEpoch: -1, suspect: false, logStartOffset: 0 }
  replica.fetched(other, request, ({ outcome }) => answers.push(outcome))
  await world.run({ untilMs: 10 })
  answers.length = 0
  replica.fetched(other, request, ({ outcome }) => answers.push(outcome))
  // What it appends now would be sent in the next turn, from a log that is closed then.
  replica.append(ownBatch(buildBatch([{ timestamp: 1, value: Buffer.from('a') }]), 1), { allInSync: false })
  groups.close()
  await world.complete(replica.log.close())
  await world.run({ untilMs: 100 })
  assert.deepEqual([answers, replica.leads], [['not-leader'], false])
})
