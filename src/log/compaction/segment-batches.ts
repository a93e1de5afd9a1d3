import { compressionTypes, prepareCodec } from '../../codec/compression.ts'
import { crcHolds } from '../../record/batch-crc.ts'
import { BatchHeader } from '../../record/batch-header.ts'
import type { Position } from '../../record/offset.ts'
import { plausibleBatchSize } from '../entry-format.ts'
import { LogReadFault } from '../log-faults.ts'
import type { LogParts } from '../log-parts.ts'
import type { Segment } from '../segment.ts'
import { useSegment } from '../segment-use.ts'
import type { CompactionPace } from './compaction-pace.ts'

/**
 * Shows every batch of a segment from a position on, with pauses in between. The header is a view that holds until `visit`
 * resolves; one block of about `blockBytes` is in memory, or one batch that is larger. Bytes that are no good batches are a
 * `LogReadFault` ('damaged'): what is bad must not be sealed anew as if it were good.
 */
export async function eachBatch(
  parts: LogParts,
  segment: Segment,
  options: { from: Position; blockBytes: number; pace: CompactionPace },
  visit: (batch: BatchHeader) => Promise<void> | void,
): Promise<void> {
  const { blockBytes, pace } = options
  const { buffers } = parts.files
  const header = new BatchHeader(Buffer.alloc(0))
  const upTo = segment.writtenBytes
  let position = options.from
  let buffer = buffers.take(Math.min(blockBytes, upTo - position))
  try {
    while (position < upTo) {
      const want = Math.min(buffer.length, upTo - position)
      const block = buffer.subarray(0, await read(parts, segment, buffer.subarray(0, want), position))
      let at = 0
      for (let size = wholeSize(block, at); size !== null; size = wholeSize(block, at)) {
        if (!crcHolds(block, at)) throw damaged(parts, segment, position + at)
        const batch = header.moveTo(block, at)
        const loading = prepareCodec(compressionTypes[batch.codec] ?? 'none')
        if (loading !== null) await loading
        const visited = visit(batch)
        if (visited !== undefined) await visited
        at += size
        const rest = pace.moved(size)
        if (rest !== null) await rest
      }
      position += at
      if (at > 0) continue
      const size = plausibleBatchSize(block, 0)
      if (size === null || size <= block.length || size > upTo - position) throw damaged(parts, segment, position)
      buffers.give(buffer)
      buffer = buffers.take(size)
    }
  } finally {
    buffers.give(buffer)
  }
}

async function read(parts: LogParts, segment: Segment, into: Buffer, position: Position): Promise<number> {
  return await useSegment(parts.files, segment, (file) => file.read(into, position))
}

function wholeSize(block: Buffer, at: number): number | null {
  const size = plausibleBatchSize(block, at)
  return size !== null && at + size <= block.length ? size : null
}

function damaged(parts: LogParts, segment: Segment, position: Position): LogReadFault {
  parts.logger.error({ path: segment.path, position }, 'bytes on disk are no record batch, and are not compacted')
  const { baseOffset: from } = segment
  return new LogReadFault({ code: 'damaged', directory: parts.directory, from, upTo: from })
}
