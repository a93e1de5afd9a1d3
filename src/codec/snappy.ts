import { createRequire } from 'node:module'
import type * as Snappy from 'snappy'
import { DecompressedTooLarge } from './decompressed-too-large.ts'
import { MalformedInput } from './malformed-input.ts'
import { Reader } from './reader.ts'

/** The framing of snappy-java (xerial), which Kafka's Java clients write: this, two versions, then blocks with sizes. */
const magic = Buffer.from('\x82SNAPPY\0', 'latin1')
const headerBytes = magic.length + 8
/** What snappy-java puts into one block. */
const blockBytes = 32 * 1024

/** In xerial framing, as all Kafka clients read it. */
export function snappyCompress(bytes: Uint8Array): Uint8Array {
  const header = Buffer.alloc(headerBytes)
  magic.copy(header)
  header.writeInt32BE(1, magic.length)
  header.writeInt32BE(1, magic.length + 4)
  const pieces: Uint8Array[] = [header]
  for (let from = 0; from < bytes.length; from += blockBytes) {
    const block = snappy().compressSync(bytes.subarray(from, from + blockBytes))
    const size = Buffer.alloc(4)
    size.writeInt32BE(block.length)
    pieces.push(size, block)
  }
  return Buffer.concat(pieces)
}

/** Reads xerial framing, and bare snappy as librdkafka writes it. */
export function snappyDecompress(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const framed = bytes.length >= magic.length && magic.equals(bytes.subarray(0, magic.length))
  if (!framed) return decompressBlock(bytes, maxBytes)
  const reader = new Reader(bytes)
  reader.skip(headerBytes)
  const pieces: Uint8Array[] = []
  let left = maxBytes
  while (reader.remaining > 0) {
    const size = reader.int32()
    if (size < 0) throw new MalformedInput(`a snappy block of ${size} bytes`, reader.position)
    const piece = decompressBlock(reader.bytes(size), left, maxBytes)
    pieces.push(piece)
    left -= piece.length
  }
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)
}

function decompressBlock(block: Uint8Array, left: number, maxBytes = left): Uint8Array {
  // The decoder takes memory for the size that a block begins with, whatever it is.
  if (new Reader(block).unsignedVarint() > left) throw new DecompressedTooLarge(maxBytes)
  try {
    return snappy().uncompressSync(block, { asBuffer: true }) as Buffer
  } catch (error) {
    throw new MalformedInput((error as Error).message, 0)
  }
}

// Loaded on first use, so that a broker whose clients do not compress starts without it; and by `require`, as what
// happens in one turn stays in one turn: simulated brokers run in virtual time.
let loaded: typeof Snappy | undefined

function snappy(): typeof Snappy {
  loaded ??= createRequire(import.meta.url)('snappy') as typeof Snappy
  return loaded
}
