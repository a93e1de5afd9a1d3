import { createRequire } from 'node:module'
import type * as Lz4 from 'lz4-napi'
import { asBuffer } from './as-buffer.ts'
import { DecompressedTooLarge } from './decompressed-too-large.ts'
import { MalformedInput } from './malformed-input.ts'

const magic = 0x184d2204
const endMark = 0
const uncompressedBit = 0x80000000

/** One frame of independent blocks: Kafka's own reader takes no linked ones. */
export function lz4Compress(bytes: Uint8Array): Uint8Array {
  return lz4().compressFrameSync(asBuffer(bytes))
}

/** Reads the first frame; as in Kafka, what follows it is not looked at. */
export function lz4Decompress(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const frame = asBuffer(bytes)
  checkSizes(frame, maxBytes)
  try {
    return lz4().decompressFrameSync(frame)
  } catch (error) {
    throw new MalformedInput(`lz4: ${(error as Error).message}`, 0)
  }
}

/**
 * Adds up what the frame's sequences say they become, without writing anything: the decoder knows no bound, and a frame
 * need not tell its size. (LZ4 frame format 1.6.4.)
 */
function checkSizes(frame: Buffer, maxBytes: number): void {
  const word = (at: number): number => {
    if (at + 4 > frame.length) throw new MalformedInput('an lz4 frame that is cut short', at)
    return frame.readUInt32LE(at)
  }
  if (word(0) !== magic) throw new MalformedInput('no lz4 frame', 0)
  const flags = word(4) & 0xff
  const hasContentSize = (flags & 0x08) !== 0
  const blockChecksumBytes = (flags & 0x10) !== 0 ? 4 : 0
  let at = 6 + (hasContentSize ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0) + 1
  let total = 0
  for (let size = word(at); size !== endMark; size = word(at)) {
    at += 4
    const bytes = size & ~uncompressedBit
    if (at + bytes > frame.length) throw new MalformedInput(`an lz4 block of ${bytes} bytes`, at)
    total += size >= uncompressedBit ? bytes : sizeOfBlock(frame, at, at + bytes, maxBytes - total)
    if (total > maxBytes) throw new DecompressedTooLarge(maxBytes)
    at += bytes + blockChecksumBytes
  }
  if (hasContentSize && frame.readBigUInt64LE(6) !== BigInt(total)) {
    throw new MalformedInput('an lz4 frame that is not of the size it says', 6)
  }
}

/** How many bytes the block becomes; what is above `enough` need not be exact. (LZ4 block format.) */
function sizeOfBlock(frame: Buffer, from: number, end: number, enough: number): number {
  let at = from
  let total = 0
  const extended = (nibble: number): number => {
    if (nibble < 15) return nibble
    let length = nibble
    for (;;) {
      if (at >= end) throw new MalformedInput('an lz4 sequence that is cut short', at)
      const byte = frame[at++] as number
      length += byte
      if (byte < 255) return length
    }
  }
  while (at < end && total <= enough) {
    const token = frame[at++] as number
    const literals = extended(token >>> 4)
    total += literals
    at += literals
    // The last sequence has literals only.
    if (at >= end) break
    at += 2
    total += 4 + extended(token & 0x0f)
  }
  return total
}

// On first use and by `require`: see snappy.ts.
let loaded: typeof Lz4 | undefined

function lz4(): typeof Lz4 {
  loaded ??= createRequire(import.meta.url)('lz4-napi') as typeof Lz4
  return loaded
}
