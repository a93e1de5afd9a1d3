import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimRandom } from './sim-random.ts'
import { SimWorld } from './sim-world.ts'

test('what a callback throws ends the run and reaches the caller', async () => {
  const world = new SimWorld(1)
  world.schedule(5, () => {
    throw new Error('broken')
  })
  await assert.rejects(world.run(), /broken/)
  assert.equal(world.nowMs, 5)
})

test('events that follow one another without end at one instant are found', async () => {
  const world = new SimWorld(1, { eventsPerInstantMax: 100 })
  const { clock } = world.node('a').runtime
  const again = () => clock.defer(again)
  again()
  await assert.rejects(world.run(), /time stands still/)
})

test('work that never settles is given up after its limit of virtual time', async () => {
  const world = new SimWorld(1)
  const tick = () => void world.schedule(10, tick)
  tick()
  await assert.rejects(world.complete(new Promise(() => {}), 1000), /not settled within 1000/)
})

test('virtual time jumps from event to event, and all promise jobs of one event run before the next', async () => {
  const world = new SimWorld(1)
  const seen: string[] = []
  const deep = async (name: string) => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    seen.push(`${name} ${world.nowMs}`)
  }
  world.schedule(86_400_000, () => void deep('late'))
  world.schedule(1, () => void deep('one'))
  world.schedule(1, () => void deep('two'))
  await world.run()
  assert.deepEqual(seen, ['one 1', 'two 1', 'late 86400000'])
})

test('a run stops at its limit, and a predicate right after the event that made it true', async () => {
  const world = new SimWorld(1)
  let ticks = 0
  const tick = () => {
    ticks++
    world.schedule(10, tick)
  }
  tick()
  await world.run({ untilMs: 95 })
  assert.deepEqual([ticks, world.nowMs], [10, 95])
  assert.equal(await world.runUntil(() => ticks === 12, 1000), true)
  assert.equal(world.nowMs, 110)
  assert.equal(await world.runUntil(() => ticks === 1000, 50), false)
})

test('timers of a node follow its clock, in order, and a cancelled one does not fire', async () => {
  const world = new SimWorld(7)
  const { clock } = world.node('a').runtime
  const start = clock.monotonicMs()
  const fired: number[] = []
  clock.setTimer(20, () => fired.push(Math.round(clock.monotonicMs() - start)))
  clock.setTimer(10, () => fired.push(Math.round(clock.monotonicMs() - start)))
  const never = clock.setTimer(15, () => fired.push(-1))
  never.cancel()
  clock.setTimer(0, () => fired.push(0))
  await world.run()
  assert.deepEqual(fired, [0, 10, 20])
  const before = clock.nowMs()
  world.node('a').jumpClock(-5000)
  assert.equal(clock.nowMs(), before - 5000)
  never.cancel()
})

test('the dead of a crash are silent: no timer fires, no promise settles, nothing reaches disk or log', async () => {
  const world = new SimWorld(3)
  const node = world.node('a')
  const lines: string[] = []
  node.logger = { ...node.logger, info: (_facts, message) => void lines.push(message) }
  const runtime = node.restart()
  const heard: string[] = []
  runtime.clock.setTimer(10, () => heard.push('timer'))
  runtime.clock.defer(() => heard.push('defer'))
  void runtime.disk.exists('x').then(() => heard.push('disk'))
  void runtime.network.listen({ host: 'a', port: 1 }, () => {}).then(() => heard.push('listen'))
  runtime.logger.info({}, 'alive')
  runtime.exit(70)
  runtime.clock.setTimer(10, () => heard.push('timer of the dead'))
  void runtime.disk.writeFileAtomic('y', new Uint8Array(1)).then(() => heard.push('write of the dead'))
  runtime.logger.child({}).info({}, 'dead')
  await world.run()
  assert.deepEqual([heard, lines, node.exitCode, node.running], [[], ['alive'], 70, false])
  const next = node.restart()
  assert.equal(await world.complete(next.disk.exists('y')), false)
})

test('the boot id changes with a power cut and not with a crash', () => {
  const node = new SimWorld(1).node('a')
  const first = node.runtime.bootId
  node.crash()
  assert.equal(node.restart().bootId, first)
  node.powerCut()
  assert.notEqual(node.restart().bootId, first)
})

/** A little of everything; its trace hash. */
async function story(seed: number): Promise<string> {
  const world = new SimWorld(seed)
  const [server, client] = [world.node('server'), world.node('client')]
  const bytes = new Uint8Array(1000)
  const listener = server.runtime.network.listen({ host: 'server', port: 9092 }, (connection) => {
    connection.start({ allocate: () => bytes, received: () => connection.write([Uint8Array.of(1)]), closed() {} })
  })
  await world.complete(listener)
  const connection = await world.complete(client.runtime.network.connect({ host: 'server', port: 9092 }))
  connection.start({ allocate: () => bytes, received: (count) => world.trace(`got ${count}`), closed() {} })
  connection.write([client.runtime.random.bytes(5000)])
  const file = await world.complete(server.runtime.disk.open('f', 'create'))
  void file.write([new Uint8Array(10_000)], 0).then(() => server.powerCut())
  await world.run()
  server.restart()
  await world.run()
  return world.traceHash
}

test('the same seed gives the same trace, another seed another', async () => {
  const hashes = await Promise.all([story(1), story(1), story(2), story(3)])
  assert.equal(hashes[0], hashes[1])
  assert.equal(new Set(hashes).size, 3)
})

test('seeded randomness is the same everywhere, in range, and spread out', () => {
  const random = new SimRandom(42)
  assert.deepEqual([random.next(), random.next(), random.next()], [2447574668, 83611676, 1450851391])
  const counts = Array.from({ length: 10 }, () => 0)
  for (let draw = 0; draw < 10_000; draw++) {
    const value = random.integer(10)
    counts[value] = (counts[value] ?? 0) + 1
    const float = random.float()
    assert.ok(float >= 0 && float < 1)
  }
  assert.ok(
    counts.every((count) => count > 850 && count < 1150),
    `${counts}`,
  )
  assert.notDeepEqual(random.fork('a').bytes(8), random.fork('b').bytes(8))
  assert.deepEqual(random.fork('a').bytes(8), random.fork('a').bytes(8))
})
