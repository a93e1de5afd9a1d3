import type { Offset } from '../record/offset.ts'

/**
 * Whole batches out of a log, in order. The bytes are pinned for the holder, who must not change them and calls
 * `release` exactly once, when they are sent or no longer wanted.
 */
export interface LogSlice {
  readonly buffers: readonly Uint8Array[]
  readonly bytes: number
  /** Where reading goes on; equal to what was asked for when there is nothing. */
  readonly nextOffset: Offset
  release(): void
}

/** A slice with nothing in it. */
export function emptySlice(at: Offset): LogSlice {
  return { buffers: [], bytes: 0, nextOffset: at, release() {} }
}
