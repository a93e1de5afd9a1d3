import { crcHolds } from '../record/batch-crc.ts'
import {
  BatchHeader,
  baseOffsetOf,
  batchHeaderBytes,
  batchSizeOf,
  leaderEpochOf,
  magicOf,
  nextOffsetOf,
} from '../record/batch-header.ts'
import type { LeaderEpoch, Offset, Position } from '../record/offset.ts'
import type { DiskFile } from '../runtime/disk.ts'
import type { ReadBuffers } from './read-buffers.ts'

const blockBytes = 1024 * 1024
/** Offsets of a segment lie within this of its base: the index keeps them in 31 bits. */
const offsetsPerSegment = 0x7fffffff

/** Why a walk ended: at the end of the range, at bytes that are no good batch, or because the visitor had enough. */
export type WalkEnd = 'end' | 'bad' | 'visitor'

/**
 * Steps through the whole batches in [from, upTo) of a file, in order, and shows each to `visit`, which may end the
 * walk by returning false. The header is a view that holds only during the call. Resolves with the position behind
 * the last batch that was shown and accepted.
 */
export async function walkBatches(
  walk: { file: DiskFile; from: Position; upTo: Position; checkCrc: boolean; buffers: ReadBuffers },
  visit: (header: BatchHeader, position: Position) => boolean,
): Promise<{ stoppedAt: Position; end: WalkEnd }> {
  const header = new BatchHeader(Buffer.alloc(0))
  let buffer = walk.buffers.take(Math.min(blockBytes, Math.max(walk.upTo - walk.from, batchHeaderBytes)))
  let position = walk.from
  try {
    while (position < walk.upTo) {
      const want = Math.min(buffer.length, walk.upTo - position)
      const block = buffer.subarray(0, await walk.file.read(buffer.subarray(0, want), position))
      let at = 0
      for (; isWholeBatch(block, at); at += batchSizeOf(block, at)) {
        if (walk.checkCrc && !crcHolds(block, at)) return { stoppedAt: position + at, end: 'bad' }
        if (!visit(header.moveTo(block, at), position + at)) return { stoppedAt: position + at, end: 'visitor' }
      }
      const isLast = position + block.length >= walk.upTo || block.length < want
      position += at
      if (isLast) return { stoppedAt: position, end: at === block.length && position >= walk.upTo ? 'end' : 'bad' }
      if (at > 0) continue
      const size = plausibleSize(block, 0)
      if (size === null || size > walk.upTo - position) return { stoppedAt: position, end: 'bad' }
      walk.buffers.give(buffer)
      buffer = walk.buffers.take(size)
    }
    return { stoppedAt: position, end: 'end' }
  } finally {
    walk.buffers.give(buffer)
  }
}

/**
 * Looks for the next good batch behind damage: one with a whole header, a CRC that holds, an offset at or above
 * `minOffset` and an epoch not below `minEpoch`, and behind it either the end, or another such batch. That keeps batches
 * that lie within a record's value from being taken for the log's own.
 */
export async function findNextBatch(search: {
  file: DiskFile
  from: Position
  upTo: Position
  minOffset: Offset
  minEpoch: LeaderEpoch
  buffers: ReadBuffers
}): Promise<{ position: Position; baseOffset: Offset } | null> {
  const { file, upTo, buffers } = search
  const buffer = buffers.take(Math.min(blockBytes, Math.max(upTo - search.from, batchHeaderBytes)))
  try {
    let position = search.from
    while (position + batchHeaderBytes <= upTo) {
      const want = Math.min(buffer.length, upTo - position)
      const block = buffer.subarray(0, await file.read(buffer.subarray(0, want), position))
      for (let at = 0; at + batchHeaderBytes <= block.length; at++) {
        if (!mayBeBatch(block, at, search)) continue
        const found = await confirmed(search, position + at)
        if (found !== null) return found
      }
      if (block.length < want) return null
      position += block.length - batchHeaderBytes + 1
    }
    return null
  } finally {
    buffers.give(buffer)
  }
}

/** Whether the bytes at `at` are a batch header as far as it can be told without the CRC. */
export function plausibleSize(bytes: Buffer, at: number): number | null {
  if (bytes.length - at < batchHeaderBytes || magicOf(bytes, at) !== 2) return null
  const size = batchSizeOf(bytes, at)
  const baseOffset = baseOffsetOf(bytes, at)
  const delta = nextOffsetOf(bytes, at) - baseOffset - 1
  return size >= batchHeaderBytes && baseOffset >= 0 && delta >= 0 && Number.isSafeInteger(baseOffset) ? size : null
}

function isWholeBatch(bytes: Buffer, at: number): boolean {
  const size = plausibleSize(bytes, at)
  return size !== null && size <= bytes.length - at
}

function mayBeBatch(block: Buffer, at: number, like: { minOffset: Offset; minEpoch: LeaderEpoch }): boolean {
  if (plausibleSize(block, at) === null || leaderEpochOf(block, at) < like.minEpoch) return false
  const baseOffset = baseOffsetOf(block, at)
  return baseOffset >= like.minOffset && baseOffset - like.minOffset <= offsetsPerSegment
}

async function confirmed(
  search: { file: DiskFile; upTo: Position; buffers: ReadBuffers },
  position: Position,
): Promise<{ position: Position; baseOffset: Offset } | null> {
  const seen: { baseOffset: Offset; nextOffset: Offset }[] = []
  const { end } = await walkBatches({ ...search, from: position, checkCrc: true }, (header) => {
    seen.push({ baseOffset: header.baseOffset, nextOffset: header.nextOffset })
    return seen.length < 2
  })
  const [first, second] = seen
  if (first === undefined) return null
  const isFollowed = second === undefined ? end === 'end' : second.baseOffset >= first.nextOffset
  return isFollowed ? { position, baseOffset: first.baseOffset } : null
}
