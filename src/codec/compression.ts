import { constants, gunzipSync, gzipSync } from 'node:zlib'
import { lz4Compress, lz4Decompress } from './lz4.ts'
import { DecompressedTooLarge } from './decompressed-too-large.ts'
import { MalformedInput } from './malformed-input.ts'
import { snappyCompress, snappyDecompress } from './snappy.ts'
import { checkZstd, prepareZstd, zstdCompress, zstdDecompress } from './zstd.ts'

/** How the records of a batch are compressed, by Kafka's names; the index is the number in a batch's attributes. */
export const compressionTypes = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type CompressionType = (typeof compressionTypes)[number]

/** Null: the codec can be used at once. Only the first use of zstd on Node 20 waits for anything, its WebAssembly module. */
export function prepareCodec(type: CompressionType): Promise<void> | null {
  return type === 'zstd' ? prepareZstd() : null
}

/** As `compressNow`, once the codec is ready. */
export async function compress(type: CompressionType, bytes: Uint8Array): Promise<Uint8Array> {
  await prepareCodec(type)
  return compressNow(type, bytes)
}

/**
 * Compresses in the form that Kafka's clients read: gzip, snappy in xerial framing, an lz4 frame of independent blocks,
 * a zstd frame. The work is done on the calling thread. The codec must be ready.
 */
export function compressNow(type: CompressionType, bytes: Uint8Array): Uint8Array {
  switch (type) {
    case 'none':
      return bytes
    case 'gzip':
      return gzipSync(bytes)
    case 'snappy':
      return snappyCompress(bytes)
    case 'lz4':
      return lz4Compress(bytes)
    case 'zstd':
      return zstdCompress(bytes)
    default:
      return type satisfies never
  }
}

/** As `decompressNow`, once the codec is ready. */
export async function decompress(
  type: CompressionType,
  bytes: Uint8Array,
  bound: { maxBytes: number },
): Promise<Uint8Array> {
  // What is no zstd is refused without its module being loaded.
  if (type === 'zstd') checkZstd(bytes, bound.maxBytes)
  await prepareCodec(type)
  return decompressNow(type, bytes, bound)
}

/**
 * Gives back what was compressed, at most `maxBytes` of it: more is DecompressedTooLarge, found before memory for it is
 * taken. Bytes that the codec cannot read are MalformedInput. Works as `compressNow` does.
 */
export function decompressNow(
  type: CompressionType,
  bytes: Uint8Array,
  { maxBytes }: { maxBytes: number },
): Uint8Array {
  switch (type) {
    case 'none':
      if (bytes.length > maxBytes) throw new DecompressedTooLarge(maxBytes)
      return bytes
    case 'gzip':
      return gunzip(bytes, maxBytes)
    case 'snappy':
      return snappyDecompress(bytes, maxBytes)
    case 'lz4':
      return lz4Decompress(bytes, maxBytes)
    case 'zstd':
      return zstdDecompress(bytes, maxBytes)
    default:
      return type satisfies never
  }
}

function gunzip(bytes: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(1, maxBytes), finishFlush: constants.Z_FINISH })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new DecompressedTooLarge(maxBytes)
    throw new MalformedInput(`gzip: ${(error as Error).message}`, 0)
  }
}
