import type { Offset } from '../../record/offset.ts'
import type { Segment } from '../segment.ts'

const int32Max = 0x7fffffff

/** What one segment may hold. */
export interface GroupBounds {
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  /** Where the part that is compacted ends. */
  readonly upTo: Offset
}

export type GroupedSegment = Pick<Segment, 'baseOffset' | 'sizeBytes'> & {
  readonly offsetIndex: { readonly sizeBytes: number }
  readonly timeIndex: { readonly sizeBytes: number }
}

/**
 * Which neighbours become one segment: as many as together fit into one, as Kafka groups them. What they keep is never more,
 * so that many compactions do not leave many small files.
 */
export function groupSegments<S extends GroupedSegment>(segments: readonly S[], bounds: GroupBounds): S[][] {
  const groups: S[][] = []
  let room = { bytes: 0, offsets: 0, times: 0 }
  for (const [i, segment] of segments.entries()) {
    const end = segments[i + 1]?.baseOffset ?? bounds.upTo
    const group = groups[groups.length - 1]
    const sizes = {
      bytes: segment.sizeBytes,
      offsets: segment.offsetIndex.sizeBytes,
      times: segment.timeIndex.sizeBytes,
    }
    const fits =
      group !== undefined &&
      sizes.bytes <= room.bytes &&
      sizes.offsets <= room.offsets &&
      sizes.times <= room.times &&
      end - 1 - (group[0] as S).baseOffset <= int32Max
    if (fits) {
      group.push(segment)
    } else {
      groups.push([segment])
      const { segmentBytes: bytes, segmentIndexBytes: index } = bounds
      room = { bytes, offsets: index, times: index }
    }
    room = { bytes: room.bytes - sizes.bytes, offsets: room.offsets - sizes.offsets, times: room.times - sizes.times }
  }
  return groups
}
