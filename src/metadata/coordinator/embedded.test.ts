import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openTestLog } from '../../log/log-fixture.ts'
import { Asks } from '../../peer/asks.ts'
import { Peers } from '../../peer/peers.ts'
import { Replica } from '../../replica/replica.ts'
import { majorityScheme } from '../../replication/schemes.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { SimNode } from '../../runtime/sim/sim-node.ts'
import { SimWorld } from '../../runtime/sim/sim-world.ts'
import { operations } from '../controller/operations.ts'
import { ClusterImage } from '../image.ts'
import { CoordinatorUnavailable } from './coordinator.ts'
import { EmbeddedCoordinator } from './embedded.ts'
import { ImageReplay } from './image-replay.ts'

const self = { broker: 1, directory: 'AAAAAAAAAAAAAAAAAAAAZA' }
let epoch = 0

interface Loaded {
  readonly coordinator: EmbeddedCoordinator
  readonly replay: ImageReplay
}

async function load(runtime: Runtime): Promise<Loaded> {
  const { clock, logger } = runtime
  const replica = await Replica.open(
    { topic: 't', partition: 0, self, scheme: majorityScheme, clock, logger },
    async (events) => (await openTestLog(runtime, { events, clean: false })).log,
  )
  replica.lead(++epoch, { replicas: [self], inSync: [1], eligible: [], partitionEpoch: 0 })
  const replay = new ImageReplay({
    image: new ClusterImage('cluster'),
    replica,
    snapshots: null,
    onFailed: assert.ifError,
  })
  replay.start()
  const peers = new Peers(runtime, {
    clusterId: 'cluster',
    self: { ...self, incarnation },
    listen: { host: 'broker', port: 1 },
    hubs: new Set([1]),
    beatMs: 50,
    silenceMs: 250,
    frameBytesMax: 1000,
  })
  const rulesOf = () => ({ elect: 'coordinator', minInSyncReplicas: 1 }) as const
  const asks = new Asks(peers, clock)
  const coordinator = new EmbeddedCoordinator({ ...runtime, replica, replay, asks, rulesOf, operations })
  return { coordinator, replay }
}

async function loadAlive(runtime: Runtime): Promise<Loaded> {
  const loaded = await load(runtime)
  await loaded.coordinator.submit('registerBroker', registration)
  await loaded.coordinator.submit('unfenceBroker', { brokerId: 1, incarnation, suspects: [] })
  return loaded
}

const incarnation = 'AAAAAAAAAAAAAAAAAAAAAQ'
const registration = {
  brokerId: 1,
  directoryId: self.directory,
  incarnation,
  host: 'here',
  port: 1,
  rack: null,
  peer: null,
}

const creation = (name: string) => ({
  topics: [{ name, partitions: 1, replicationFactor: 1, assignment: null, configs: new Map() }],
  validateOnly: false,
  defaults: { partitions: 1, replicationFactor: 1, scheme: 'isr' as const },
})

async function inWorld(run: (node: SimNode, world: SimWorld) => Promise<void>): Promise<void> {
  const world = new SimWorld(9)
  await world.complete(run(world.node('broker'), world))
}

describe('the embedded coordinator', () => {
  test('makes changes one after the other: of many who want one name, one gets it', () =>
    inWorld(async ({ runtime }) => {
      const { coordinator } = await loadAlive(runtime)
      const answers = await Promise.all([1, 2, 3].map(() => coordinator.submit('createTopics', creation('words'))))
      const codes = answers.map(([answer]) => answer?.outcome.code)
      assert.deepEqual(codes, ['created', 'topic-exists', 'topic-exists'])
    }))

  test('answers only when the change is in effect, and in the image before', () =>
    inWorld(async ({ runtime }) => {
      const { coordinator, replay } = await loadAlive(runtime)
      const seen: string[] = []
      replay.applyWith(async (records) => {
        seen.push(`${records[0]?.type} ${coordinator.image.topics.size}`)
        await new Promise<void>((resolve) => void runtime.clock.setTimer(500, resolve))
        seen.push('in effect')
      })
      await coordinator.submit('createTopics', creation('words'))
      assert.deepEqual(seen, ['topic 1', 'in effect'])
    }))

  test('reads the same image from its log after a kill', async () => {
    const world = new SimWorld(9)
    const node = world.node('broker')
    const first = async () => {
      const { coordinator } = await loadAlive(node.runtime)
      await coordinator.submit('createTopics', creation('words'))
      await coordinator.submit('allocateProducerIds', { brokerId: 1 })
      return coordinator.image
    }
    const before = await world.complete(first())
    node.crash()
    const again = async () => {
      const { coordinator } = await load(node.restart())
      // Whatever is asked is asked of an image that holds all of the log.
      await coordinator.submit('deleteTopics', [])
      return coordinator.image
    }
    const image = await world.complete(again())
    assert.deepEqual([...image.topics], [...before.topics])
    assert.equal(image.nextProducerId, before.nextProducerId)
  })

  test('changes nothing when its log fails, says so, and to the next ones too', () =>
    inWorld(async ({ runtime, disk }) => {
      const { coordinator } = await loadAlive(runtime)
      disk.failNext({ operation: 'write', code: 'ENOSPC', times: Number.POSITIVE_INFINITY })
      await assert.rejects(coordinator.submit('createTopics', creation('words')), CoordinatorUnavailable)
      await assert.rejects(coordinator.submit('createTopics', creation('more')), CoordinatorUnavailable)
      assert.equal(coordinator.image.topics.size, 0)
    }))
})
