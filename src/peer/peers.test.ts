import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { AskFailed, Asks, NoAnswer, Refusal } from './asks.ts'
import { Peers } from './peers.ts'

const port = 9190
const beatMs = 50
const silenceMs = 250
const directory = 'AAAAAAAAAAAAAAAAAAAAZA'
const incarnations = ['AAAAAAAAAAAAAAAAAAAAAQ', 'AAAAAAAAAAAAAAAAAAAAAg']

interface Process {
  readonly peers: Peers
  readonly asks: Asks
  readonly seen: string[]
}

/** Brokers 1 and 2 are hubs, which everybody knows; 3 and 4 are none. */
function startOn(world: SimWorld, broker: number, life = 0, hubs: readonly number[] = [1, 2]): Process {
  const { runtime } = world.node(`node-${broker}`)
  const peers = new Peers(runtime, {
    clusterId: 'c',
    self: { broker, directory, incarnation: incarnations[life] as string },
    listen: { host: `node-${broker}`, port },
    hubs: new Set(hubs),
    beatMs,
    silenceMs,
    frameBytesMax: 1024 * 1024,
  })
  const seen: string[] = []
  peers.listen({
    connected: (peer) => seen.push(`connected ${peer.broker}`),
    disconnected: (peer) => seen.push(`disconnected ${peer.broker}`),
    silent: (brokers) => seen.push(`silent ${[...brokers].join(',')}`),
  })
  for (const hub of hubs) peers.know(hub, { host: `node-${hub}`, port })
  const asks = new Asks(peers, runtime.clock)
  void peers.start()
  return { peers, asks, seen }
}

async function worldOf(...brokers: number[]): Promise<{ world: SimWorld; processes: Process[] }> {
  const world = new SimWorld(11)
  for (const broker of brokers) world.node(`node-${broker}`).restart()
  const processes = brokers.map((broker) => startOn(world, broker))
  await world.run({ untilMs: 500 })
  return { world, processes }
}

describe('brokers that know each other', () => {
  test('are in touch with one stream each, whoever dials', async () => {
    const { processes } = await worldOf(1, 2, 3)
    for (const { peers } of processes) {
      assert.equal([...peers.connected()].length, 2)
      assert.deepEqual([...peers.silent], [])
    }
  })

  test('a hub meets a broker that it has never heard of', async () => {
    const { processes } = await worldOf(1, 2, 4)
    assert.equal(processes[0]?.peers.incarnationOf(4), incarnations[0])
  })

  test('learn at once that a process is gone, long before it could be told by its silence', async () => {
    const { world, processes } = await worldOf(1, 2, 3)
    world.node('node-1').crash()
    await world.run({ untilMs: 500 + silenceMs / 5 })
    for (const { peers } of processes.slice(1)) assert.deepEqual([...peers.silent], [1])
  })

  test('learn it as fast of a process whose port takes a connection still while it ends', async () => {
    const { world, processes } = await worldOf(1, 2, 3)
    const [one, ...others] = processes as [Process, ...Process[]]
    // Its streams close before its port does.
    await world.complete(one.peers.close())
    const address = { host: 'node-1', port }
    const { network } = world.node('node-1').runtime
    const ending = await world.complete(network.listen(address, (connection) => connection.destroy()))
    await world.run({ untilMs: 510 })
    for (const { peers } of others) assert.deepEqual([...peers.silent], [])
    await world.complete(ending.close())
    await world.run({ untilMs: 510 + silenceMs / 5 })
    for (const { peers } of others) assert.deepEqual([...peers.silent], [1])
  })

  test('take a stream that was reset for no more than that', async () => {
    const { world, processes } = await worldOf(1, 2)
    const [one] = processes as [Process]
    one.seen.length = 0
    world.network.resetBetween('node-1', 'node-2')
    await world.run({ untilMs: 1000 })
    assert.deepEqual(one.seen, ['disconnected 2', 'connected 2'])
  })

  test('are silent for each other while nothing comes through, and meet again', async () => {
    const { world, processes } = await worldOf(1, 2)
    const [one] = processes as [Process]
    world.network.block('node-2', 'node-1')
    await world.run({ untilMs: 500 + 2 * silenceMs })
    assert.deepEqual([...one.peers.silent], [2])
    world.network.heal()
    await world.run({ untilMs: 3000 })
    assert.deepEqual([...one.peers.silent], [])
  })

  test('hear of the first that they meet, and of his silence, however long they knew nobody', async () => {
    const world = new SimWorld(11)
    const { peers, seen } = startOn(world, 1, 0, [1])
    await world.run({ untilMs: 600_000 })
    startOn(world, 4, 0, [1])
    await world.run({ untilMs: 600_500 })
    assert.deepEqual(seen, ['connected 4'])
    assert.deepEqual([...peers.silent], [])
    world.network.block('node-4', 'node-1')
    await world.run({ untilMs: 600_500 + 2 * silenceMs })
    assert.deepEqual([...peers.silent], [4])
  })

  test('forget a broker that is gone for good', async () => {
    const { world, processes } = await worldOf(1, 2)
    const [one] = processes as [Process]
    world.node('node-2').crash()
    await world.run({ untilMs: 2000 })
    one.peers.forget(2)
    assert.deepEqual([...one.peers.silent], [])
  })
})

describe('a question', () => {
  const text = (body: Uint8Array) => Buffer.from(body).toString()

  test('is answered by the broker that was asked', async () => {
    const { world, processes } = await worldOf(1, 2)
    const [one, two] = processes as [Process, Process]
    two.asks.answer('greet', async (from, body) => Buffer.from(`${text(body)} ${from.broker}`))
    assert.equal(text(await world.complete(one.asks.ask(2, 'greet', Buffer.from('hello'), 1000))), 'hello 1')
  })

  test('that is refused, unsent or lost fails in its own way', async () => {
    const { world, processes } = await worldOf(1, 2)
    const [one, two] = processes as [Process, Process]
    two.asks.answer('refuse', () => Promise.reject(new Refusal('no')))
    two.asks.answer('hang', () => new Promise(() => {}))
    two.asks.answer('unsure', () => Promise.reject(new NoAnswer()))
    const whyOf = async (to: number, subject: string): Promise<string> => {
      const asked = one.asks.ask(to, subject, Buffer.alloc(0), 100)
      return await asked.then(
        () => 'answered',
        (error: unknown) => (error instanceof AskFailed ? error.why : 'thrown'),
      )
    }
    assert.equal(await world.complete(whyOf(2, 'refuse')), 'refused')
    assert.equal(await world.complete(whyOf(2, 'unheard of')), 'refused')
    assert.equal(await world.complete(whyOf(3, 'hang')), 'unsent')
    assert.equal(await world.complete(whyOf(2, 'hang')), 'lost')
    assert.equal(await world.complete(whyOf(2, 'unsure')), 'lost')
    const hanging = whyOf(2, 'hang')
    world.node('node-2').crash()
    assert.equal(await world.complete(hanging), 'lost')
  })

  test('is not answered to a process that was started since', async () => {
    const { world, processes } = await worldOf(1, 2)
    const [one, two] = processes as [Process, Process]
    let give: (body: Uint8Array) => void = () => {}
    two.asks.answer('wait', () => new Promise((resolve) => void (give = resolve)))
    one.asks.ask(2, 'wait', Buffer.alloc(0), 10_000).catch(() => {})
    await world.run({ untilMs: 600 })
    world.node('node-1').crash()
    world.node('node-1').restart()
    const again = startOn(world, 1, 1)
    await world.run({ untilMs: 1200 })
    let answered = 0
    again.asks.ask(2, 'hang', Buffer.alloc(0), 10_000).then(
      () => void answered++,
      () => {},
    )
    give(Buffer.from('late'))
    await world.run({ untilMs: 2000 })
    assert.equal(answered, 0)
  })
})
