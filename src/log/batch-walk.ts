import { BatchHeader, baseOffsetOf, batchSizeOf, leaderEpochOf } from '../record/batch-header.ts'
import type { LeaderEpoch, Offset, Position } from '../record/offset.ts'
import type { DiskFile } from '../runtime/disk.ts'
import type { EntryFormat } from './entry-format.ts'
import type { ReadBuffers } from './read-buffers.ts'

const blockBytes = 1024 * 1024
/** Offsets of a segment lie within this of its base: the index keeps them in 31 bits. */
const offsetsPerSegment = 0x7fffffff

/** How far a walk came, and why it ended there. */
export interface Walked {
  /** Behind the last entry that was shown and accepted. */
  readonly stoppedAt: Position
  readonly end: WalkEnd
}

/** Why a walk ended: at the end of the range, at bytes that are no good batch, or because the visitor had enough. */
export type WalkEnd = 'end' | 'bad' | 'visitor'

/**
 * Steps through the whole entries in [from, upTo) of a file, in order, and shows each to `visit`, which may end the
 * walk by returning false. The header is a view that holds only during the call. Resolves with the position behind
 * the last batch that was shown and accepted.
 */
export async function walkBatches(
  walk: {
    file: DiskFile
    format: EntryFormat
    from: Position
    upTo: Position
    checkCrc: boolean
    buffers: ReadBuffers
  },
  visit: (header: BatchHeader, position: Position) => boolean,
): Promise<Walked> {
  const { format } = walk
  const header = new BatchHeader(Buffer.alloc(0))
  let buffer = walk.buffers.take(Math.min(blockBytes, Math.max(walk.upTo - walk.from, format.headerBytes)))
  let position = walk.from
  try {
    while (position < walk.upTo) {
      const want = Math.min(buffer.length, walk.upTo - position)
      const block = buffer.subarray(0, await walk.file.read(buffer.subarray(0, want), position))
      let at = 0
      for (; isWhole(format, block, at); at += batchSizeOf(block, at)) {
        if (walk.checkCrc && !format.holds(block, at)) return { stoppedAt: position + at, end: 'bad' }
        if (!visit(header.moveTo(block, at), position + at)) return { stoppedAt: position + at, end: 'visitor' }
      }
      const isLast = position + block.length >= walk.upTo || block.length < want
      position += at
      if (isLast) return { stoppedAt: position, end: at === block.length && position >= walk.upTo ? 'end' : 'bad' }
      if (at > 0) continue
      const size = format.plausibleSize(block, 0)
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
  format: EntryFormat
  from: Position
  upTo: Position
  minOffset: Offset
  minEpoch: LeaderEpoch
  buffers: ReadBuffers
}): Promise<{ position: Position; baseOffset: Offset } | null> {
  const { file, upTo, buffers } = search
  const { headerBytes } = search.format
  const buffer = buffers.take(Math.min(blockBytes, Math.max(upTo - search.from, headerBytes)))
  try {
    let position = search.from
    while (position + headerBytes <= upTo) {
      const want = Math.min(buffer.length, upTo - position)
      const block = buffer.subarray(0, await file.read(buffer.subarray(0, want), position))
      for (let at = 0; at + headerBytes <= block.length; at++) {
        if (!mayBeEntry(block, at, search)) continue
        const found = await confirmed(search, position + at)
        if (found !== null) return found
      }
      if (block.length < want) return null
      position += block.length - headerBytes + 1
    }
    return null
  } finally {
    buffers.give(buffer)
  }
}

function isWhole(format: EntryFormat, bytes: Buffer, at: number): boolean {
  const size = format.plausibleSize(bytes, at)
  return size !== null && size <= bytes.length - at
}

function mayBeEntry(
  block: Buffer,
  at: number,
  like: { format: EntryFormat; minOffset: Offset; minEpoch: LeaderEpoch },
): boolean {
  if (like.format.plausibleSize(block, at) === null || leaderEpochOf(block, at) < like.minEpoch) return false
  const baseOffset = baseOffsetOf(block, at)
  return baseOffset >= like.minOffset && baseOffset - like.minOffset <= offsetsPerSegment
}

async function confirmed(
  search: { file: DiskFile; format: EntryFormat; upTo: Position; buffers: ReadBuffers },
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
