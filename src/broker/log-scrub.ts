import type { CheckCursor } from '../log/damage-watch.ts'
import type { Replica } from '../replica/replica.ts'
import type { Clock } from '../runtime/clock.ts'
import { DiskFault } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Counter, Metrics } from '../runtime/metrics.ts'
import { restUntil } from '../runtime/rest.ts'

/** So much is read at once, before everybody else gets a turn. */
const sliceBytes = 1024 * 1024
/** A log counts for at least so many bytes: opening the files of thousands of small ones costs more than reading them. */
const leastBytes = 512 * 1024

/** Reads all that is on the disk again and checks it, so that damage is found before its bytes are needed. */
export class LogScrub {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #replicas: () => Iterable<Replica>
  readonly #bytesPerSecond: () => number
  readonly #checked: Counter
  #isStopped = false

  constructor(parts: {
    clock: Clock
    logger: Logger
    metrics: Metrics
    replicas: () => Iterable<Replica>
    /** `log.scrub.io.max.bytes.per.second`. */
    bytesPerSecond: () => number
  }) {
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#replicas = parts.replicas
    this.#bytesPerSecond = parts.bytesPerSecond
    this.#checked = parts.metrics.counter({
      name: 'trilog_scrubbed_bytes_total',
      help: 'Bytes of logs that were read again from the disk to check them.',
    })
  }

  /** What is being read is the last. */
  stop(): void {
    this.#isStopped = true
  }

  /** Checks every log once, one after the other. */
  async round(): Promise<void> {
    for (const replica of [...this.#replicas()]) {
      if (this.#isStopped) return
      await this.#checkLog(replica)
    }
  }

  async #checkLog({ topic, partition, log }: Replica): Promise<void> {
    try {
      let cursor: CheckCursor | null = null
      do {
        const before: CheckCursor | null = cursor
        cursor = log.fault === null ? await log.damageWatch.check(cursor, sliceBytes) : null
        const bytes = bytesBetween(before, cursor)
        this.#checked.add(bytes)
        await this.#rest(Math.max(bytes, leastBytes))
      } while (cursor !== null && !this.#isStopped)
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error
      this.#logger.warn({ topic, partition, error: error.message }, 'a log could not be checked')
    }
  }

  #rest(bytes: number): Promise<void> {
    const dueMs = this.#clock.monotonicMs() + (bytes / this.#bytesPerSecond()) * 1000
    return restUntil(this.#clock, dueMs, () => this.#isStopped)
  }
}

/** What was read of a segment from one slice to the next; the last slice of a segment is whatever it has left. */
function bytesBetween(before: CheckCursor | null, after: CheckCursor | null): number {
  if (before === null) return 0
  const end = after?.segment === before.segment ? after.place.position : before.segment.writtenBytes
  return Math.max(0, end - before.place.position)
}
