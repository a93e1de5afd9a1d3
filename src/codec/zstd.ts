import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import type * as ZstdWasm from '@bokuweb/zstd-wasm'
import { asBuffer } from './as-buffer.ts'
import { DecompressedTooLarge } from './decompressed-too-large.ts'
import { invariant } from '../runtime/invariant.ts'
import { MalformedInput } from './malformed-input.ts'

interface Zstd {
  compress(bytes: Uint8Array): Uint8Array
  /** Of one frame, which becomes at most `capacity` bytes; throws if it becomes more. */
  decompress(frame: Uint8Array, capacity: number): Uint8Array
}

interface Frame {
  readonly from: number
  readonly end: number
  /** At most so many bytes come out of it; exactly so many if `exact`. */
  readonly bytesMax: number
  readonly exact: boolean
}

const magic = 0xfd2fb528
const skippableMagic = 0x184d2a50
const blockBytesMax = 128 * 1024

/** Must have been prepared. */
export function zstdCompress(bytes: Uint8Array): Uint8Array {
  return zstd().compress(bytes)
}

/** What can be told of the frames without decompressing them: throws where they cannot be read, or become too large. */
export function checkZstd(bytes: Uint8Array, maxBytes: number): Frame[] {
  const frames = framesOf(asBuffer(bytes))
  const certain = frames.reduce((sum, frame) => sum + (frame.exact ? frame.bytesMax : 0), 0)
  if (certain > maxBytes) throw new DecompressedTooLarge(maxBytes)
  return frames
}

/** Must have been prepared. */
export function zstdDecompress(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const source = asBuffer(bytes)
  const frames = checkZstd(bytes, maxBytes)
  const { decompress } = zstd()
  const pieces: Uint8Array[] = []
  let left = maxBytes
  for (const { from, end, bytesMax, exact } of frames) {
    if (exact && bytesMax > left) throw new DecompressedTooLarge(maxBytes)
    if (bytesMax === 0) continue
    try {
      const piece = decompress(source.subarray(from, end), Math.min(bytesMax, left))
      left -= piece.length
      pieces.push(piece)
    } catch (error) {
      if (isTooSmall(error) && bytesMax > left) throw new DecompressedTooLarge(maxBytes)
      throw new MalformedInput(`zstd: ${(error as Error).message}`, from)
    }
  }
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)
}

/** Finds the frames, and how much each may become at most: from its header or else from its blocks. (RFC 8878.) */
function framesOf(source: Buffer): Frame[] {
  const frames: Frame[] = []
  for (let at = 0; at < source.length; ) {
    if (source.length - at < 8) throw cutShort(at)
    const first = source.readUInt32LE(at)
    if ((first & 0xfffffff0) >>> 0 === skippableMagic) {
      at += 8 + source.readUInt32LE(at + 4)
      if (at > source.length) throw cutShort(at)
      continue
    }
    if (first !== magic) throw new MalformedInput('no zstd frame', at)
    const frame = frameAt(source, at)
    frames.push(frame)
    at = frame.end
  }
  return frames
}

function frameAt(source: Buffer, from: number): Frame {
  const descriptor = source[from + 4] as number
  const singleSegment = (descriptor & 0x20) !== 0
  const checksumBytes = (descriptor & 0x04) !== 0 ? 4 : 0
  const windowBytes = singleSegment ? 0 : 1
  const dictionaryIdBytes = [0, 1, 2, 4][descriptor & 0x03] as number
  const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6] as number
  const sizeAt = from + 5 + windowBytes + dictionaryIdBytes
  let at = sizeAt + sizeBytes
  if (at > source.length) throw cutShort(from)
  const contentSize = sizeBytes === 0 ? null : contentSizeAt(source, sizeAt, sizeBytes)
  const window = singleSegment ? (contentSize as number) : windowOf(source[from + 5] as number)
  const compressedMax = Math.min(window, blockBytesMax)
  let sum = 0
  for (let last = false; !last; ) {
    if (at + 3 > source.length) throw cutShort(at)
    const header = source.readUIntLE(at, 3)
    last = (header & 1) !== 0
    const type = (header >>> 1) & 3
    const size = header >>> 3
    if (type === 3) throw new MalformedInput('a zstd block of an unknown type', at)
    // A block is stored as it is, as one byte that repeats, or compressed.
    sum += type === 2 ? compressedMax : size
    at += 3 + (type === 1 ? 1 : size)
  }
  at += checksumBytes
  if (at > source.length) throw cutShort(at)
  return { from, end: at, bytesMax: contentSize ?? sum, exact: contentSize !== null }
}

function contentSizeAt(source: Buffer, at: number, bytes: number): number {
  switch (bytes) {
    case 1:
      return source.readUInt8(at)
    case 2:
      return source.readUInt16LE(at) + 256
    case 4:
      return source.readUInt32LE(at)
    default:
      // Above 2^53 it is inexact, and above any bound.
      return Number(source.readBigUInt64LE(at))
  }
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3))
  return base + (base / 8) * (descriptor & 7)
}

function cutShort(at: number): MalformedInput {
  return new MalformedInput('a zstd frame that is cut short', at)
}

function isTooSmall(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'ERR_BUFFER_TOO_LARGE' || message.includes('code -70')
}

let ready: Zstd | null = null
let loading: Promise<void> | null = null

/** Null: it is ready. Node's own from 22.15 on, else WebAssembly, which takes a moment to start. */
export function prepareZstd(): Promise<void> | null {
  if (ready === null && 'zstdDecompressSync' in zlib) ready = nativeZstd(zlib as never)
  if (ready !== null) return null
  loading ??= wasmZstd().then((loaded) => {
    ready = loaded
  })
  return loading
}

function zstd(): Zstd {
  invariant(ready !== null, 'zstd is used before it is ready')
  return ready
}

interface NativeZstd {
  zstdCompressSync(bytes: Uint8Array): Uint8Array
  zstdDecompressSync(bytes: Uint8Array, options: { maxOutputLength: number }): Uint8Array
}

function nativeZstd({ zstdCompressSync, zstdDecompressSync }: NativeZstd): Zstd {
  return {
    compress: (bytes) => zstdCompressSync(bytes),
    decompress: (frame, capacity) => zstdDecompressSync(frame, { maxOutputLength: Math.max(1, capacity) }),
  }
}

async function wasmZstd(): Promise<Zstd> {
  const wasm = createRequire(import.meta.url)('@bokuweb/zstd-wasm') as typeof ZstdWasm
  await wasm.init()
  return {
    compress: (bytes) => wasm.compress(bytes),
    // The capacity is used where the frame does not tell its size; the default would be 1 MiB.
    decompress: (frame, capacity) => wasm.decompress(frame, { defaultHeapSize: capacity }),
  }
}
