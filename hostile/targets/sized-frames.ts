import fc from 'fast-check'
import { ImplausibleFrameSize, type SizedFrameBounds, type SizedFrames } from '../../src/codec/sized-frames.ts'
import { mutated } from '../mutation.ts'
import { framed, framesIn } from '../plain-frames.ts'
import { recordedBodies } from '../recorded-frames.ts'
import { demand, type Target } from '../target.ts'

/** As our client takes answers, whatever a broker says that they are. */
const bounds = { landingBytes: 16 * 1024, frameBytesMin: 4, frameBytesMax: 1024 * 1024 * 1024 }

type Cutter = Pick<SizedFrames, 'allocate' | 'received'>
/** What makes a `SizedFrames`, or one with a mistake. */
type MakeCutter = (bounds: SizedFrameBounds, onFrame: (frame: Buffer) => void) => Cutter

interface Stream {
  readonly bytes: Buffer
  readonly pieces: readonly number[]
}

/** Streams as our own client and brokers among themselves read them. */
export function sizedFramesTarget(name: string, make: MakeCutter): Target<Stream> {
  return {
    name,
    about: 'streams of answers and of frames between brokers: the frames are those that a plain reading finds',
    share: 10,
    inputs: () => {
      const streams = recordedBodies('response').map(({ bytes }) => framed(Buffer.concat([Buffer.alloc(4), bytes])))
      const pairs = streams.map((stream, nth) => Buffer.concat([stream, streams[(nth * 7) % streams.length] as Buffer]))
      const piece = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 70_000 }))
      return fc.record({ bytes: mutated(pairs), pieces: fc.array(piece, { minLength: 1, maxLength: 6 }) })
    },
    bytesMax: ({ bytes }) => bytes.length * 4 + 1024 * 1024,
    feed: (stream) => {
      const expected = framesIn(stream.bytes, { min: bounds.frameBytesMin, max: bounds.frameBytesMax })
      const { frames, malformed } = read(stream, make)
      demand(malformed === expected.malformed, `malformed: ${malformed}, by a plain reading ${expected.malformed}`)
      demand(frames.length === expected.frames.length, `${frames.length} frames instead of ${expected.frames.length}`)
      for (const [nth, frame] of expected.frames.entries())
        demand(frame.equals(frames[nth] as Buffer), `frame ${nth} differs`)
    },
  }
}

function read({ bytes, pieces }: Stream, make: MakeCutter): { frames: Buffer[]; malformed: boolean } {
  const frames: Buffer[] = []
  const cutter = make(bounds, (frame) => void frames.push(frame))
  try {
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const into = cutter.allocate()
      const size = Math.min(into.length, bytes.length - at, pieces[turn % pieces.length] as number)
      into.set(bytes.subarray(at, at + size))
      cutter.received(size)
      at += size
    }
    return { frames, malformed: false }
  } catch (error) {
    if (error instanceof ImplausibleFrameSize) return { frames, malformed: true }
    throw error
  }
}
