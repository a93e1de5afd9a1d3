import type { Offset } from '../record/offset.ts'

/** Kinds of file that a segment has, as Kafka names them by their ending. */
export type SegmentFileKind = '.log' | '.index' | '.timeindex' | '.txnindex' | '.snapshot'

/** `00000000000000000000.log`: the offset in 20 digits. */
export function segmentFileName(baseOffset: Offset, kind: SegmentFileKind): string {
  return `${String(baseOffset).padStart(20, '0')}${kind}`
}

/** The offset in a file name of that kind, or null if it is none. */
export function offsetOfFileName(name: string, kind: SegmentFileKind): Offset | null {
  if (name.length !== 20 + kind.length || !name.endsWith(kind)) return null
  const digits = name.slice(0, 20)
  if (!/^\d{20}$/.test(digits)) return null
  const offset = Number(digits)
  return Number.isSafeInteger(offset) ? offset : null
}
