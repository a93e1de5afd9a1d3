import type { Offset } from '../record/offset.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Disk } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Random } from '../runtime/random.ts'
import type { DelayedRemovals } from './delayed-removals.ts'
import type { LogAsClosed } from './log-as-closed.ts'
import type { FileHandles } from './file-handles.ts'
import type { LogEvents, LogSettings } from './log-settings.ts'
import type { QueueLimits } from './queues/queues.ts'
import type { TailMemory } from './tail-memory.ts'

export interface LogOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The partition's folder; made if missing. */
  readonly directory: string
  /** What the log holds: one partition, or the queues of a broker group, in frames. Default `partition`. */
  readonly unit?: 'partition' | 'broker'
  readonly settings: LogSettings
  readonly events: LogEvents
  /** Shared by all logs of a broker. */
  readonly tail: TailMemory
  /** Shared by all logs of a broker. */
  readonly files: FileHandles
  /** Shared by all logs of a broker. Without it files of removed segments go at once. */
  readonly removals?: DelayedRemovals
  /** Everything below was fsynced when this was last noted (`recovery-point-offset-checkpoint`); 0 if unknown. */
  readonly recoveryPoint: Offset
  /** From `log-start-offset-checkpoint`; 0 if it isn't there. A folder whose first segment begins higher wins. */
  readonly logStartOffset: Offset
  /** From `cleaner-offset-checkpoint`: below, the log has been compacted. Null, the default: it never has been. */
  readonly cleanedUpTo?: Offset | null
  /** The folder was closed cleanly: what it says of itself is believed. */
  readonly clean: boolean
  /** What was noted of it at its clean close; null, the default: nothing. */
  readonly asClosed?: LogAsClosed | null
  /**
   * The machine lost power since (or it is not known): what was not fsynced may be missing in any order. Default false.
   */
  readonly powerCut?: boolean
  /**
   * An fsync of it has failed, and the machine has not lost power since: the system may take bytes for synced that are
   * not. Recovery writes them again. Default false.
   */
  readonly syncFailed?: boolean
  /** How long a silent producer is remembered (`producer.id.expiration.ms`). */
  readonly producerStateExpiryMs: number
  /** Unit `broker` only. */
  readonly queueLimits?: QueueLimits
}
