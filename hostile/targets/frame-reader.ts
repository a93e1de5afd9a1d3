import fc from 'fast-check'
import { BufferPool } from '../../src/kafka/buffer-pool.ts'
import { FrameReader, type FrameResources, type FrameSink } from '../../src/kafka/frame-reader.ts'
import { MemoryBound } from '../../src/kafka/memory-bound.ts'
import { mutated } from '../mutation.ts'
import { recordedBodies, requestFrame } from '../recorded-frames.ts'
import { framed, framesIn } from '../plain-frames.ts'
import { demand, type Target } from '../target.ts'

const frameBytesMax = 1024 * 1024
const landingBytes = 64 * 1024

interface Stream {
  readonly bytes: Buffer
  /** Sizes of the pieces that arrive, used again from the first when they are all used. */
  readonly pieces: readonly number[]
  /** After so many frames the sink takes none, until it is asked again. */
  readonly busyEvery: number
}

/** `make` makes a `FrameReader`, but where a mistake is planted. */
export function frameReaderTarget(
  name: string,
  make: (shared: FrameResources, sink: FrameSink) => FrameReader,
): Target<Stream> {
  return {
    name,
    about:
      'streams of frames in pieces of any size: the frames are those that a plain reading finds, and no memory stays taken',
    share: 15,
    inputs: () => {
      const streams = recordedBodies('request').map((body) => framed(requestFrame(body)))
      const pairs = streams.map((stream, nth) => Buffer.concat([stream, streams[(nth * 7) % streams.length] as Buffer]))
      return fc.record({
        bytes: mutated(pairs),
        pieces: fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: landingBytes })), {
          minLength: 1,
          maxLength: 6,
        }),
        busyEvery: fc.integer({ min: 1, max: 5 }),
      })
    },
    bytesMax: ({ bytes }) => bytes.length * 8,
    feed: (stream) => {
      const expected = framesIn(stream.bytes, { min: 0, max: frameBytesMax })
      const { frames, malformed, usedBytes } = read(make, stream)
      demand(malformed === expected.malformed, `malformed: ${malformed}, by a plain reading ${expected.malformed}`)
      demand(frames.length === expected.frames.length, `${frames.length} frames instead of ${expected.frames.length}`)
      for (const [nth, frame] of expected.frames.entries())
        demand(frame.equals(frames[nth] as Buffer), `frame ${nth} differs`)
      demand(usedBytes === 0, `${usedBytes} bytes stay taken after the connection is closed`)
    },
  }
}

function read(make: (shared: FrameResources, sink: FrameSink) => FrameReader, { bytes, pieces, busyEvery }: Stream) {
  const memory = new MemoryBound(64 * 1024 * 1024)
  const shared = {
    landing: Buffer.alloc(landingBytes),
    pool: new BufferPool(1024 * 1024),
    memory,
    ownBytes: 0,
    frameBytesMax,
    nowMs: () => performance.now(),
  }
  const frames: Buffer[] = []
  let malformed = false
  let refused = false
  let paused = false
  let asked = 0
  const reader = make(shared, {
    frame: (frame) => {
      refused = ++asked % busyEvery === 0 && busyEvery > 1
      if (refused) return false
      frames.push(Buffer.from(frame))
      return true
    },
    malformed: () => {
      malformed = true
    },
    pause: (wanted) => {
      paused = wanted
    },
  })
  const goOn = (): void => {
    while (refused && !malformed) {
      refused = false
      reader.resume()
    }
  }
  for (let at = 0, turn = 0; at < bytes.length && !malformed; turn++) {
    const into = reader.allocate()
    const size = Math.min(into.length, bytes.length - at, pieces[turn % pieces.length] as number)
    into.set(bytes.subarray(at, at + size))
    reader.received(size)
    at += size
    if (paused || turn % 2 === 0) goOn()
  }
  goOn()
  reader.close()
  return { frames, malformed, usedBytes: memory.usedBytes }
}
