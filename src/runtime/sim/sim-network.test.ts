import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection, Receiver } from '../network.ts'
import { SimWorld } from './sim-world.ts'

class Taker implements Receiver {
  bytes: number[] = []
  closings: (string | null)[] = []
  pieces = 0
  readonly #room: Uint8Array

  constructor(room = 4096) {
    this.#room = new Uint8Array(room)
  }

  allocate(): Uint8Array {
    return this.#room
  }

  received(count: number): void {
    this.pieces++
    for (const byte of this.#room.subarray(0, count)) this.bytes.push(byte)
  }

  closed(error: Error | null): void {
    this.closings.push(error === null ? null : ((error as NodeJS.ErrnoException).code ?? ''))
  }
}

/** A connection from `client` to `server`, both ends started. */
async function connected(world: SimWorld, room?: number) {
  const farTaker = new Taker(room)
  const nearTaker = new Taker(room)
  const ends: { far?: Connection } = {}
  const [server, client] = [world.node('server'), world.node('client')]
  await world.complete(
    server.runtime.network.listen({ host: '0.0.0.0', port: 9092 }, (connection) => {
      connection.start(farTaker)
      ends.far = connection
    }),
  )
  const near = await world.complete(client.runtime.network.connect({ host: 'server', port: 9092 }))
  near.start(nearTaker)
  return { server, client, near, far: ends.far as Connection, nearTaker, farTaker }
}

const count = (bytes: number) => Uint8Array.from({ length: bytes }, (_, index) => (index + (index >> 8)) & 0xff)

test('nobody there, nobody listening, nobody reachable: each has its own code', async () => {
  const world = new SimWorld(1)
  const [a, b] = [world.node('a').runtime.network, world.node('b').runtime.network]
  await assert.rejects(world.complete(a.connect({ host: 'nowhere', port: 1 })), { code: 'ENOTFOUND' })
  await assert.rejects(world.complete(a.connect({ host: 'b', port: 1 })), { code: 'ECONNREFUSED' })
  const listener = await world.complete(b.listen({ host: '127.0.0.1', port: 0 }, () => {}))
  await assert.rejects(world.complete(a.connect({ host: 'b', port: listener.port })), { code: 'ECONNREFUSED' })
  await world.complete(b.connect({ host: 'localhost', port: listener.port }))
  await assert.rejects(world.complete(b.listen({ host: 'b', port: listener.port }, () => {})), { code: 'EADDRINUSE' })
  world.network.block('a', 'b')
  await assert.rejects(world.complete(a.connect({ host: 'b', port: 1 }, { timeoutMs: 500 })), { code: 'ETIMEDOUT' })
  await listener.close()
  await assert.rejects(world.complete(b.connect({ host: 'b', port: listener.port })), { code: 'ECONNREFUSED' })
})

test('bytes arrive in order, each once, whatever the pieces, the latency, the pauses and the blocks', async () => {
  let pieces = 0
  for (let seed = 0; seed < 40; seed++) {
    const world = new SimWorld(seed)
    const { near, far, farTaker, nearTaker } = await connected(world, 1 + (seed % 7) * 100)
    const bytes = count(20_000)
    const sent: number[] = []
    for (let at = 0; at < bytes.length; at += 1000) {
      near.write([bytes.subarray(at, at + 100), bytes.subarray(at + 100, at + 1000)], () => sent.push(at))
      far.write([bytes.subarray(at, at + 1000)])
    }
    far.pause()
    if (seed % 2 === 0) world.network.block('client', 'server')
    await world.run({ untilMs: world.nowMs + 50 })
    assert.equal(farTaker.bytes.length, 0)
    world.network.heal()
    far.resume()
    near.end()
    await world.run()
    assert.deepEqual(Uint8Array.from(farTaker.bytes), bytes)
    assert.deepEqual(Uint8Array.from(nearTaker.bytes), bytes)
    assert.deepEqual([farTaker.closings, nearTaker.closings], [[null], [null]])
    assert.deepEqual(
      sent,
      Array.from({ length: 20 }, (_, index) => index * 1000),
    )
    pieces += farTaker.pieces
  }
  assert.ok(pieces > 40 * 25)
})

test('a receiver that pauses holds the sender back', async () => {
  const world = new SimWorld(5)
  const { near, far, farTaker } = await connected(world)
  far.pause()
  let sent = false
  near.write([new Uint8Array(3 << 20)], () => {
    sent = true
  })
  await world.run({ untilMs: 10_000 })
  assert.ok(!sent && near.queuedBytes > 0)
  far.resume()
  await world.run()
  assert.ok(sent)
  assert.deepEqual([near.queuedBytes, farTaker.bytes.length], [0, 3 << 20])
})

test('a one-way block stops one direction only, and gives up with ETIMEDOUT when it lasts', async () => {
  const world = new SimWorld(2)
  const { near, far, nearTaker, farTaker } = await connected(world)
  world.network.block('client', 'server')
  near.write([count(10)])
  far.write([count(20)])
  await world.run({ untilMs: 5000 })
  assert.deepEqual([nearTaker.bytes.length, farTaker.bytes.length], [20, 0])
  await world.run({ untilMs: 200_000 })
  assert.deepEqual(nearTaker.closings, ['ETIMEDOUT'])
})

test('a slow link takes its time', async () => {
  const world = new SimWorld(2)
  const { near, farTaker } = await connected(world)
  Object.assign(world.network.link('client', 'server'), { latencyMs: [1000, 1000], bytesPerMs: 10 })
  const before = world.nowMs
  near.write([new Uint8Array(10_000)])
  assert.ok(await world.runUntil(() => farTaker.bytes.length === 10_000, 10_000))
  assert.ok(world.nowMs - before >= 2000)
})

test('a crash closes the process’s connections, a power cut resets them in time, and the port is free again', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const world = new SimWorld(seed)
    const { server, near, nearTaker, farTaker } = await connected(world)
    near.write([count(2000)])
    await world.run({ untilMs: world.nowMs + (seed % 5) * 0.2 })
    if (seed % 2 === 0) server.crash()
    else server.powerCut()
    const before = farTaker.bytes.length
    await world.run()
    assert.equal(nearTaker.closings.length, 1)
    assert.equal(farTaker.closings.length, 0)
    assert.equal(farTaker.bytes.length, before)
    await world.complete(server.restart().network.listen({ host: 'server', port: 9092 }, () => {}))
  }
})

test('a destroyed connection closes once on each side, and what was never sent is answered as sent', async () => {
  const world = new SimWorld(4)
  const { near, far, nearTaker, farTaker } = await connected(world)
  far.pause()
  let sent = 0
  for (let index = 0; index < 4; index++) near.write([new Uint8Array(1 << 20)], () => sent++)
  await world.run({ untilMs: world.nowMs + 100 })
  near.destroy()
  near.destroy()
  near.write([count(1)], () => sent++)
  far.resume()
  await world.run()
  assert.equal(sent, 5)
  assert.deepEqual([nearTaker.closings, farTaker.closings.length], [[null], 1])
})

test('a buffer that is changed before it is sent arrives changed: the rule is enforced', async () => {
  const world = new SimWorld(4)
  const { near, farTaker } = await connected(world)
  const bytes = Uint8Array.of(1, 2, 3)
  near.write([bytes])
  bytes.fill(9)
  await world.run()
  assert.deepEqual(farTaker.bytes, [9, 9, 9])
})

test('connections between two nodes can be reset, others live on', async () => {
  const world = new SimWorld(4)
  const { near, nearTaker, farTaker } = await connected(world)
  const own = world.node('server').runtime.network.connect({ host: 'localhost', port: 9092 })
  const other = await world.complete(own)
  const otherTaker = new Taker()
  other.start(otherTaker)
  world.network.resetBetween('server', 'client')
  await world.run()
  near.write([count(1)])
  assert.deepEqual([nearTaker.closings, farTaker.closings, otherTaker.closings], [['ECONNRESET'], ['ECONNRESET'], []])
})
