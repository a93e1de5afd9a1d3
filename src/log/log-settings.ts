import type { Offset } from '../record/offset.ts'
import type { DiskFault } from '../runtime/disk.ts'
import type { DamagedRange } from './damaged-ranges.ts'
import type { CompactionRule } from './compaction/cleanable.ts'
import type { RetentionRule } from './retention.ts'

/** Live settings of one log, in Kafka's units and meaning. Replaced as a whole when the topic's configuration changes. */
export interface LogSettings {
  /** A segment is rolled before it would grow beyond this (`segment.bytes`). */
  readonly segmentBytes: number
  /** A segment is rolled when this much time lies between its first batch and the next one (`segment.ms`). */
  readonly segmentMs: number
  /** Each segment takes a random part of this off its `segmentMs`, so that not all roll at once. */
  readonly segmentJitterMs: number
  /** Bytes of log between two index entries. */
  readonly indexIntervalBytes: number
  /** Largest index file; a full one rolls the segment. */
  readonly segmentIndexBytes: number
  /** Records after which the log is fsynced, and only then counted as stored. MAX_SAFE_INTEGER: left to the page cache. */
  readonly flushMessages: number
  /** Longest time that a written record stays without fsync; MAX_SAFE_INTEGER or more: for ever. */
  readonly flushMs: number
  readonly maxMessageBytes: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
  /** Makes a segment's file at its full size, trimmed when it is rolled or closed. */
  readonly preallocate: boolean
  /** What the log may hold; absent: it only grows (`cleanup.policy` without delete). */
  readonly retention?: RetentionRule | null
  /** How it is compacted; absent: it is not (`cleanup.policy` without compact). */
  readonly compaction?: CompactionRule | null
  /** How long the files of a removed segment stay, renamed to `.deleted` (`file.delete.delay.ms`). Default 0. */
  readonly fileDeleteDelayMs?: number
}

/** What a log tells its owner. Called outside of any call into the log, never from within `append`. */
export interface LogEvents {
  /**
   * Everything below `upTo` is stored as the topic's flush rule wants it: written, and fsynced whenever
   * `flushMessages` records have gathered. Monotone but for truncation. A leader's own copy counts up to here.
   */
  stored(upTo: Offset): void
  /** Everything below `upTo` is fsynced. */
  flushed(upTo: Offset): void
  /** A part of what is on the disk is damaged, and was not known to be: it is not served from now on. */
  damaged(range: DamagedRange): void
  /** The disk failed. The log takes nothing more until it is opened again; what was not written is dropped. */
  failed(fault: DiskFault): void
}
