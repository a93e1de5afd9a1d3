import assert from 'node:assert/strict'
import { connect as plainConnect, createServer as plainServer, type AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import type { Connection, Listener, Receiver } from '../network.ts'
import { NodeNetwork } from './node-network.ts'

const network = new NodeNetwork()
const listeners: Listener[] = []
const opened: Connection[] = []
after(async () => {
  for (const connection of opened) connection.destroy()
  for (const listener of listeners) await listener.close()
})

/** Takes everything into one slab and tells what happened to the connection. */
class Taker implements Receiver {
  readonly slab: Uint8Array
  readonly chunks: number[] = []
  readonly closings: (Error | null)[] = []
  taken = 0
  #wakers: { when: () => boolean; resolve: () => void }[] = []
  onReceived: (bytes: number) => void = () => {}

  constructor(slabBytes = 1 << 22) {
    this.slab = new Uint8Array(slabBytes)
  }

  allocate(): Uint8Array {
    return this.slab.subarray(this.taken)
  }

  received(bytes: number): void {
    this.taken += bytes
    this.chunks.push(bytes)
    this.onReceived(bytes)
    this.#wake()
  }

  closed(error: Error | null): void {
    this.closings.push(error)
    this.#wake()
  }

  until(when: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#wakers.push({ when, resolve })
      this.#wake()
    })
  }

  #wake(): void {
    const due = this.#wakers.filter(({ when }) => when())
    this.#wakers = this.#wakers.filter((waker) => !due.includes(waker))
    for (const { resolve } of due) resolve()
  }
}

async function listen(accept: (connection: Connection) => void): Promise<number> {
  const listener = await network.listen({ host: '127.0.0.1', port: 0 }, accept)
  listeners.push(listener)
  return listener.port
}

/** A connected pair: both ends are started. */
async function pair(): Promise<{ near: Connection; nearTaker: Taker; far: Connection; farTaker: Taker }> {
  const farTaker = new Taker()
  let far: Connection | null = null
  const port = await listen((connection) => {
    connection.start(farTaker)
    far = connection
  })
  const near = await network.connect({ host: '127.0.0.1', port })
  const nearTaker = new Taker()
  near.start(nearTaker)
  opened.push(near)
  near.write([Uint8Array.of(1)])
  await farTaker.until(() => farTaker.taken === 1)
  assert.ok(far !== null)
  return { near, nearTaker, far: far as Connection, farTaker }
}

function pattern(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => (index * 7 + (index >> 8)) & 0xff)
}

test('a port that is taken is refused with EADDRINUSE', async () => {
  const port = await listen(() => {})
  await assert.rejects(
    network.listen({ host: '127.0.0.1', port }, () => {}),
    { code: 'EADDRINUSE' },
  )
})

test('a connection to a port where nobody listens is refused with ECONNREFUSED', async () => {
  const listener = await network.listen({ host: '127.0.0.1', port: 0 }, () => {})
  await listener.close()
  await assert.rejects(network.connect({ host: '127.0.0.1', port: listener.port }), { code: 'ECONNREFUSED' })
})

test('a reset by the other side is reported once, as ECONNRESET', async () => {
  const taker = new Taker()
  const port = await listen((connection) => connection.start(taker))
  const socket = plainConnect({ host: '127.0.0.1', port })
  socket.write('x')
  await taker.until(() => taker.taken === 1)
  socket.resetAndDestroy()
  await taker.until(() => taker.closings.length > 0)
  assert.equal((taker.closings[0] as NodeJS.ErrnoException).code, 'ECONNRESET')
  assert.equal(taker.closings.length, 1)
})

test('an end by the other side closes without an error, after all bytes', async () => {
  const { near, farTaker, nearTaker } = await pair()
  near.write([pattern(100_000)])
  near.end()
  await farTaker.until(() => farTaker.closings.length > 0)
  await nearTaker.until(() => nearTaker.closings.length > 0)
  assert.equal(farTaker.taken, 100_001)
  assert.deepEqual([farTaker.closings, nearTaker.closings], [[null], [null]])
})

test('sent is called for what a destroyed connection never sent, and nothing is queued any more', async () => {
  const { near, far, nearTaker } = await pair()
  far.pause()
  let sent = 0
  for (let count = 0; count < 8; count++) near.write([new Uint8Array(1 << 22)], () => sent++)
  near.destroy()
  near.write([Uint8Array.of(1)], () => sent++)
  await nearTaker.until(() => nearTaker.closings.length > 0)
  assert.deepEqual([sent, near.queuedBytes, nearTaker.closings.length], [9, 0, 1])
})

test('bytes land in the receiver’s own buffers on both ends, whole and in order', async () => {
  const { near, far, nearTaker, farTaker } = await pair()
  const bytes = pattern(3_000_000)
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += 1000) parts.push(bytes.subarray(at, at + 1000))
  far.write(parts)
  near.write(parts)
  await nearTaker.until(() => nearTaker.taken === bytes.length)
  await farTaker.until(() => farTaker.taken === bytes.length + 1)
  assert.ok(Buffer.from(bytes).equals(nearTaker.slab.subarray(0, bytes.length)))
  assert.ok(Buffer.from(bytes).equals(farTaker.slab.subarray(1, bytes.length + 1)))
})

test('a receiver that gives small buffers gets small pieces and loses nothing', async () => {
  const { near, farTaker } = await pair()
  farTaker.allocate = function (this: Taker) {
    return this.slab.subarray(this.taken, this.taken + 3)
  }
  const bytes = pattern(10_000)
  near.write([bytes])
  await farTaker.until(() => farTaker.taken === bytes.length + 1)
  assert.ok(Buffer.from(bytes).equals(farTaker.slab.subarray(1, bytes.length + 1)))
  assert.ok(farTaker.chunks.slice(2).every((size) => size <= 3))
})

test('writes of one turn are queued, then taken, and sent is called in order', async () => {
  const { near, farTaker } = await pair()
  const sent: number[] = []
  await new Promise<void>((resolve) => {
    near.write([new Uint8Array(10)], () => sent.push(1))
    near.write([new Uint8Array(20), new Uint8Array(0)], () => sent.push(2))
    near.write([], () => {
      sent.push(3)
      resolve()
    })
    assert.equal(near.queuedBytes, 30)
  })
  await farTaker.until(() => farTaker.taken === 31)
  assert.deepEqual([sent, near.queuedBytes], [[1, 2, 3], 0])
})

test('a paused receiver holds the sender back until it resumes', async () => {
  const { near, far, farTaker } = await pair()
  far.pause()
  const before = farTaker.taken
  let sent = false
  const bytes = new Uint8Array(1 << 20)
  // More than any system keeps for a socket, so part of it stays queued here.
  farTaker.allocate = () => farTaker.slab
  for (let count = 0; count < 32; count++) near.write([bytes], count === 31 ? () => (sent = true) : undefined)
  await new Promise((resolve) => setImmediate(resolve))
  assert.ok(near.queuedBytes > 0 && !sent)
  assert.equal(farTaker.taken, before)
  far.resume()
  await farTaker.until(() => farTaker.taken === before + 32 * bytes.length)
})

test('pausing inside received stops delivery at once', async () => {
  const { near, far, farTaker } = await pair()
  farTaker.allocate = () => farTaker.slab.subarray(0, 100)
  // The buffer for the next byte was asked for already; the one after it is small.
  near.write([new Uint8Array(1)])
  await farTaker.until(() => farTaker.taken === 2)
  farTaker.onReceived = () => far.pause()
  near.write([new Uint8Array(1000)])
  await farTaker.until(() => farTaker.taken === 102)
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(farTaker.taken, 102)
  farTaker.onReceived = () => {}
  far.resume()
  await farTaker.until(() => farTaker.taken === 1002)
})

test('after a pause bytes land where the receiver wants them then, not where it wanted them before', async () => {
  const { near, far, farTaker } = await pair()
  near.write([Uint8Array.of(1)])
  await farTaker.until(() => farTaker.taken === 2)
  const given = farTaker.allocate()
  far.pause()
  // What the receiver does with frames that it had held back: the buffer that it gave is put to another use.
  const other = new Uint8Array(64)
  farTaker.allocate = () => other
  far.resume()
  near.write([Uint8Array.of(7, 8)])
  await farTaker.until(() => farTaker.taken === 4)
  assert.deepEqual([...other.subarray(0, 2)], [7, 8])
  assert.deepEqual([...given.subarray(0, 2)], [0, 0])
})

test('a connection that is started later has lost nothing, and one whose other side has gone meanwhile is closed then', async () => {
  const accepted: Connection[] = []
  const port = await listen((connection) => void accepted.push(connection))
  const nears: Connection[] = []
  for (let nth = 0; nth < 2; nth++) {
    const near = await network.connect({ host: '127.0.0.1', port })
    opened.push(near)
    near.start(new Taker())
    near.write([pattern(5000)])
    nears.push(near)
  }
  while (accepted.length < 2) await new Promise((resolve) => setImmediate(resolve))
  const gone = new Taker()
  nears[1]?.destroy()
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  const [first, second] = accepted[0]?.remote.port === nears[0]?.local.port ? accepted : accepted.toReversed()
  const taker = new Taker()
  first?.start(taker)
  second?.start(gone)
  await taker.until(() => taker.taken === 5000)
  await gone.until(() => gone.closings.length === 1)
  first?.destroy()
})

test('that the other side has dropped the connection is known while nothing is read', async () => {
  const { near, far, farTaker } = await pair()
  far.pause()
  near.write([pattern(5000)])
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(far.isReset, false)
  near.destroy()
  // For the system it has only ended its side, until something is sent to it.
  far.write([Uint8Array.of(1)])
  for (let turn = 0; turn < 10_000 && !far.isReset; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(far.isReset, true)
  assert.equal(farTaker.closings.length, 0)
  far.destroy()
})

test('a closed listener takes no new connection and those that exist live on', async () => {
  const taker = new Taker()
  const listener = await network.listen({ host: '127.0.0.1', port: 0 }, (connection) => connection.start(taker))
  const near = await network.connect({ host: '127.0.0.1', port: listener.port })
  near.start(new Taker())
  near.write([Uint8Array.of(1)])
  await taker.until(() => taker.taken === 1)
  await listener.close()
  await assert.rejects(network.connect({ host: '127.0.0.1', port: listener.port }), { code: 'ECONNREFUSED' })
  near.write([Uint8Array.of(2)])
  await taker.until(() => taker.taken === 2)
  near.end()
  await taker.until(() => taker.closings.length === 1)
})

test('a plain server sees the bytes of a connection made here', async () => {
  const server = plainServer((socket) => socket.pipe(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const connection = await network.connect({ host: 'localhost', port: (server.address() as AddressInfo).port })
  const taker = new Taker()
  connection.start(taker)
  connection.write([pattern(5000)])
  await taker.until(() => taker.taken === 5000)
  connection.end()
  await taker.until(() => taker.closings.length === 1)
  server.close()
  assert.ok(Buffer.from(pattern(5000)).equals(taker.slab.subarray(0, 5000)))
})
