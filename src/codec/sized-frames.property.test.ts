import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ImplausibleFrameSize, SizedFrames } from './sized-frames.ts'

/** Gives the bytes in pieces of these sizes, as sockets do. */
function received(stream: Buffer, pieces: readonly number[]): Buffer[] {
  const frames: Buffer[] = []
  const cutter = new SizedFrames(
    { landingBytes: 16 * 1024, frameBytesMin: 4, frameBytesMax: 8 * 1024 * 1024 },
    (frame) => frames.push(frame),
  )
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const into = cutter.allocate()
    const bytes = Math.min(into.length, stream.length - at, pieces[turn % pieces.length] as number)
    into.set(stream.subarray(at, at + bytes))
    cutter.received(bytes)
    at += bytes
  }
  return frames
}

function framed(body: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

test('frames are the same however the bytes arrive', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 4, max: 40 }), fc.integer({ min: 4, max: 50_000 })), {
    maxLength: 8,
  })
  const pieces = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 40_000 })), {
    minLength: 1,
  })
  fc.assert(
    fc.property(sizes, pieces, (lengths, cuts) => {
      const bodies = lengths.map((length, index) => Buffer.alloc(length, index + 1))
      const steps = cuts.every((cut) => cut < 10) ? [...cuts, 1_000] : cuts
      assert.deepEqual(received(Buffer.concat(bodies.map(framed)), steps), bodies)
    }),
  )
})

test('a frame of several megabytes comes whole, in room that grows with it', () => {
  const body = Buffer.from(Array.from({ length: 5_000_000 }, (_, index) => index % 251))
  assert.ok(received(framed(body), [64 * 1024])[0]?.equals(body))
  const cutter = new SizedFrames({ landingBytes: 16 * 1024, frameBytesMin: 4, frameBytesMax: 2 ** 30 }, () => {})
  const size = Buffer.alloc(4)
  size.writeInt32BE(2 ** 30)
  cutter.allocate().set(size)
  cutter.received(4)
  assert.equal(cutter.allocate().length, 1024 * 1024)
})

test('a size out of bounds is refused', () => {
  const size = Buffer.alloc(4)
  for (const bad of [-1, 3, 0x7fffffff]) {
    size.writeInt32BE(bad)
    assert.throws(() => received(size, [4]), ImplausibleFrameSize)
  }
})
