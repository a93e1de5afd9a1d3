import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BufferPool } from './buffer-pool.ts'
import { FrameReader, type FrameSink } from './frame-reader.ts'
import { MemoryBound } from './memory-bound.ts'

/** Gives the bytes to the reader in pieces of these sizes, as far as it lets them come. */
class Feeder implements FrameSink {
  readonly frames: string[] = []
  readonly faults: string[] = []
  readonly reader: FrameReader
  readonly #bytes: Buffer
  readonly #refuseEvery: number
  paused = false
  #asked = 0
  #refused = false
  #at = 0

  constructor(bytes: Buffer, options: { refuseEvery?: number; landing?: number; memory?: MemoryBound } = {}) {
    this.#bytes = bytes
    this.#refuseEvery = options.refuseEvery ?? 0
    this.reader = new FrameReader(
      {
        landing: Buffer.alloc(options.landing ?? 64),
        pool: new BufferPool(1 << 20),
        memory: options.memory ?? new MemoryBound(1 << 30),
        ownBytes: 0,
        frameBytesMax: 10_000,
        nowMs: () => 0,
      },
      this,
    )
  }

  frame(frame: Buffer): boolean {
    this.#asked += 1
    this.#refused = this.#refuseEvery > 0 && this.#asked % this.#refuseEvery === 0
    if (this.#refused) return false
    this.frames.push(frame.toString('latin1'))
    return true
  }

  malformed(what: string): void {
    this.faults.push(what)
  }

  pause(paused: boolean): void {
    this.paused = paused
  }

  feed(pieces: readonly number[]): void {
    for (let turn = 0; this.#at < this.#bytes.length; turn++) {
      // Every other time it goes on only when it must: until then it is read from.
      if (this.paused || turn % 2 === 0) this.#resumeRefused()
      const room = this.reader.allocate()
      assert.ok(room.length > 0, 'the reader has room while it is not paused')
      const piece = Math.min(room.length, pieces[turn % pieces.length] ?? 1, this.#bytes.length - this.#at)
      room.set(this.#bytes.subarray(this.#at, this.#at + piece))
      this.#at += piece
      this.reader.received(piece)
      if (this.faults.length > 0) return
    }
    this.#resumeRefused()
  }

  /** Goes on after refused frames. A reader that waits for memory stays paused, however often it is told to go on. */
  #resumeRefused(): void {
    while (this.#refused) {
      this.#refused = false
      this.reader.resume()
    }
  }
}

function framed(contents: readonly string[]): Buffer {
  return Buffer.concat(
    contents.flatMap((content) => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(content.length)
      return [length, Buffer.from(content, 'latin1')]
    }),
  )
}

const contents = fc.array(
  fc.string({ maxLength: 300 }).map((text) => Buffer.from(text, 'latin1').toString('latin1')),
  {
    maxLength: 12,
  },
)
const pieces = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 })

test('frames come out whole and in order, however the bytes are cut and whenever they are refused for a while', () => {
  fc.assert(
    fc.property(contents, pieces, fc.integer({ min: 0, max: 4 }), (sent, cuts, every) => {
      const feeder = new Feeder(framed(sent), { refuseEvery: every === 1 ? 2 : every })
      feeder.feed(cuts)
      assert.deepEqual(feeder.frames, sent)
    }),
  )
})

test('a length that lies is a fault of the stream, and nothing follows', () => {
  for (const length of [-1, 10_001, 0x7fffffff]) {
    const bytes = Buffer.alloc(12)
    bytes.writeInt32BE(length)
    const feeder = new Feeder(Buffer.concat([framed(['before']), bytes]))
    feeder.feed([7])
    assert.deepEqual(feeder.frames, ['before'])
    assert.equal(feeder.faults.length, 1)
  }
})

test('while a frame is not taken it reads on as far as it has room, and no further', () => {
  const feeder = new Feeder(framed(['a'.repeat(100), 'b'.repeat(8000)]), { refuseEvery: 1 })
  const { reader } = feeder
  const bytes = framed(['a'.repeat(100), 'b'.repeat(8000)])
  let at = 0
  while (!feeder.paused) {
    const room = reader.allocate()
    room.set(bytes.subarray(at, at + room.length))
    reader.received(room.length)
    at += room.length
  }
  assert.deepEqual([feeder.frames.length, at, reader.begun?.bytes], [0, 4096, 4096])
})

test('all memory is given back when a connection closes in the middle of a frame', () => {
  const memory = new MemoryBound(1 << 20)
  const feeder = new Feeder(framed(['x'.repeat(5000)]).subarray(0, 3000), { memory })
  feeder.feed([64])
  assert.ok(memory.usedBytes > 0)
  feeder.reader.close()
  assert.equal(memory.usedBytes, 0)
})

test('beyond the bound on memory a connection waits until another has given some back', () => {
  const memory = new MemoryBound(8192)
  const first = new Feeder(framed(['a'.repeat(8000)]).subarray(0, 1000), { memory })
  first.feed([64])
  const second = new Feeder(framed(['b'.repeat(8000)]).subarray(0, 4096), { memory })
  second.feed([64])
  assert.equal(second.paused, true)
  first.reader.close()
  assert.equal(second.paused, false)
})
