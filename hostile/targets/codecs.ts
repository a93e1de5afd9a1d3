import { readFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import fc from 'fast-check'
import { type CompressionType, compress, compressionTypes, type decompress } from '../../src/codec/compression.ts'
import { DecompressedTooLarge } from '../../src/codec/decompressed-too-large.ts'
import { MalformedInput } from '../../src/codec/malformed-input.ts'
import { mutated } from '../mutation.ts'
import { inCheckout } from '../recorded-frames.ts'
import { demand, type Target } from '../target.ts'

const maxBytes = 1_000_000

interface Compressed {
  readonly type: CompressionType
  readonly bytes: Buffer
}

/** `undo` is `decompress`, but where a mistake is planted. */
export function codecsTarget(name: string, undo: typeof decompress): Target<Compressed> {
  return {
    name,
    about: 'compressed bytes of every codec, with bombs of 300 MB: no more comes out than was allowed',
    share: 5,
    inputs: async () => {
      const good = await goodBytes()
      return fc.oneof(
        ...[...good].map(([type, samples]) => fc.record({ type: fc.constant(type), bytes: mutated(samples) })),
      )
    },
    // Pieces that are put together, and what the codec needs for its windows.
    bytesMax: ({ bytes }) => maxBytes * 4 + bytes.length * 4 + 16 * 1024 * 1024,
    feed: async ({ type, bytes }) => {
      try {
        const out = await undo(type, bytes, { maxBytes })
        demand(out.length <= maxBytes, `${out.length} bytes came out, at most ${maxBytes} were allowed`)
      } catch (error) {
        if (!(error instanceof MalformedInput || error instanceof DecompressedTooLarge)) throw error
      }
    },
  }
}

async function goodBytes(): Promise<Map<CompressionType, Buffer[]>> {
  const text = Buffer.from(Array.from({ length: 6000 }, (_, i) => `line ${i % 10} of the text\n`).join(''))
  const good = new Map<CompressionType, Buffer[]>()
  for (const type of compressionTypes.filter((each) => each !== 'none')) {
    const samples = [text.subarray(0, 0), text.subarray(0, 20), text.subarray(0, 3000), text]
    const packed: Buffer[] = []
    for (const sample of samples) packed.push(Buffer.from(await compress(type, sample)))
    good.set(type, packed)
  }
  good.get('gzip')?.push(await gzipBomb())
  const byTools = JSON.parse(readFileSync(inCheckout('src/codec/fixtures/compressed-by-tools.json'), 'utf8')) as Record<
    string,
    { codec: CompressionType; base64: string } | string
  >
  for (const made of Object.values(byTools)) {
    if (typeof made !== 'string') good.get(made.codec)?.push(Buffer.from(made.base64, 'base64'))
  }
  return good
}

/** 300 MB in 300 kB, made piece by piece: what this process has taken once, it cannot be seen to take again. */
function gzipBomb(): Promise<Buffer> {
  const piece = Buffer.alloc(1_000_000)
  const pieces = Readable.from(Array<Buffer>(300).fill(piece))
  return buffer(pieces.pipe(createGzip({ level: 9 })))
}
