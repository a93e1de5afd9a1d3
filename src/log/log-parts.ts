import type { Offset, Timestamp } from '../record/offset.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Disk } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Random } from '../runtime/random.ts'
import type { DamagedRanges } from './damaged-ranges.ts'
import type { DelayedRemovals } from './delayed-removals.ts'
import type { EntryFormat } from './entry-format.ts'
import type { EpochTable } from './epoch-table.ts'
import type { FileHandles } from './file-handles.ts'
import type { LogState } from './log-state.ts'
import type { LogSettings } from './log-settings.ts'
import type { ProducerSnapshots } from './producer-snapshot-files.ts'
import type { ProducerState } from './producer-state.ts'
import { Segment } from './segment.ts'
import type { Queues } from './queues/queues.ts'
import type { SegmentList } from './segment-list.ts'

/** What the rooms of one log share. `Log` owns it; offsets are its to change. */
export interface LogParts {
  readonly directory: string
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly files: FileHandles
  /** Null: files of removed segments go at once. */
  readonly removals: DelayedRemovals | null
  readonly segments: SegmentList
  readonly epochs: EpochTable
  readonly damage: DamagedRanges
  readonly format: EntryFormat
  readonly state: LogState
  /** Null: unit `partition`. */
  readonly queues: Queues | null
  /** Of the partition; in unit `broker` each queue has its own. */
  readonly producers: ProducerState
  readonly snapshots: ProducerSnapshots
  readonly producerStateExpiryMs: number
  settings: LogSettings
  logStartOffset: Offset
  /** First offset that no compaction has seen; null: the log has never been compacted. */
  cleanedUpTo: Offset | null
}

/** Whether offsets may be missing between batches: compaction takes them, and its traces outlive the policy. */
export function gapsAllowed({ settings, cleanedUpTo }: Pick<LogParts, 'settings' | 'cleanedUpTo'>): boolean {
  return cleanedUpTo !== null || (settings.compaction ?? null) !== null
}

/** The segments that lie wholly below the log start, and that the log can do without, oldest first. */
export function segmentsToRemove({ segments, state, logStartOffset }: LogParts): readonly Segment[] {
  const { all } = segments
  const first = all.findLastIndex(
    ({ baseOffset }, at) => at > 0 && baseOffset <= logStartOffset && state.mayBeginAt(baseOffset),
  )
  return all.slice(0, Math.max(first, 0))
}

/** A segment object with no file yet. */
export function newSegment(parts: LogParts, baseOffset: Offset, createdMs: Timestamp = parts.clock.nowMs()): Segment {
  const { segmentJitterMs, segmentMs } = parts.settings
  const jitterMax = Math.min(segmentJitterMs, segmentMs)
  const jitterMs = jitterMax >= 1 ? Math.floor(parts.random.float() * jitterMax) : 0
  return new Segment({ directory: parts.directory, baseOffset, createdMs, jitterMs })
}
