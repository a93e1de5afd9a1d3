import { QueueLog } from '../log/queues/queue-log.ts'
import { queueStartsBatch } from '../log/queues/queue-starts.ts'
import type { ValidatedBatches } from '../record/batch-validation.ts'
import type { LogSettings } from '../log/log-settings.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { CommitRefusal, ReplicaCopy } from '../replication/commit/commit-policy.ts'
import type { Clock } from '../runtime/clock.ts'
import { invariant } from '../runtime/invariant.ts'
import { ownBatch } from './own-batch.ts'
import type { Appended } from './appended.ts'
import { type ReadAnswer, type ReadRequest, readUpTo, visibleTo } from './reads.ts'
import type { AppendRefusal, LeadershipRefusal, ReadRefusal } from './refusal.ts'
import { type EpochEnd, endOffsetFor } from './epoch-end.ts'
import type { Replica } from './replica.ts'
import type { PartitionWatcher, ServedPartition } from './served-partition.ts'

/**
 * One queue of a replicated commit log, as who serves clients meets it. Its group's replica leads, follows and commits; what
 * is the queue's follows from that: no offset of it is beyond what the group shows.
 */
export class GroupQueue implements ServedPartition {
  readonly topic: string
  readonly partition: number
  readonly group: Replica
  readonly log: QueueLog
  readonly #clock: Clock
  /** What the group is watched with for each watcher of this queue. */
  readonly #watchers = new Map<PartitionWatcher, () => void>()

  constructor(name: { topic: string; topicId: string; partition: number }, parts: { group: Replica; clock: Clock }) {
    const { group, clock } = parts
    const { log } = group
    invariant(log.queues !== null, 'a queue of a log that has none', { topic: name.topic })
    this.topic = name.topic
    this.partition = name.partition
    this.group = group
    this.log = new QueueLog(log.queues, name)
    this.#clock = clock
  }

  get leads(): boolean {
    return this.group.leads
  }

  get epoch(): LeaderEpoch {
    return this.group.epoch
  }

  get highWatermark(): Offset {
    return this.log.endAt(this.group.highWatermark)
  }

  admits(): CommitRefusal | null {
    return this.group.admits()
  }

  whenStored(upTo: Offset): Promise<AppendRefusal | null> {
    return this.group.whenStored(upTo)
  }

  whenCommitted(upTo: Offset): Promise<AppendRefusal | null> {
    return this.group.whenCommitted(upTo)
  }

  whenProven(): Promise<AppendRefusal | null> {
    return this.group.whenProven()
  }

  checkEpoch(callers: LeaderEpoch): LeadershipRefusal | null {
    return this.group.checkEpoch(callers)
  }

  /** Gives the batches their place in the queue and the group: see `Replica.append`. */
  append(
    batches: ValidatedBatches,
    options: { allInSync: boolean; timestampType: LogSettings['timestampType'] },
  ): Appended | AppendRefusal {
    const { timestampType } = options
    return this.group.append(batches, { ...options, to: { queue: this.log.queue, timestampType } })
  }

  read(request: ReadRequest): ReadAnswer | ReadRefusal {
    const visible = visibleTo(this.group.readState, request)
    if (typeof visible !== 'number') return visible
    return readUpTo(this.log, request, { visible: this.log.endAt(visible), leads: this.group.leads })
  }

  /** Not woken by what moves in other queues of the group: there may be thousands, each with somebody who waits. */
  watch(watcher: PartitionWatcher): void {
    let seen = this.#state
    const onGroupMoved = (): void => {
      const now = this.#state
      if (now === seen) return
      seen = now
      watcher(this)
    }
    this.#watchers.set(watcher, onGroupMoved)
    this.group.watch(onGroupMoved)
  }

  unwatch(watcher: PartitionWatcher): void {
    const onGroupMoved = this.#watchers.get(watcher)
    if (onGroupMoved !== undefined) this.group.unwatch(onGroupMoved)
    this.#watchers.delete(watcher)
  }

  get #state(): string {
    const { leads, epoch, knownLeader, log } = this.group
    return `${leads} ${epoch} ${knownLeader} ${log.fault === null} ${this.highWatermark}`
  }

  /** The end of the queue for a consumer that asks for `latest`. */
  latest(options: { committedTransactionsOnly: boolean }): Offset | ReadRefusal {
    const latest = this.group.latest({ committedTransactionsOnly: false })
    if (typeof latest !== 'number') return latest
    const end = this.log.endAt(latest)
    return options.committedTransactionsOnly ? this.log.lastStableOffset(end) : end
  }

  /** Nobody is sent elsewhere for a queue: how far others have it is known by group offsets only. */
  copiesFrom(): readonly ReplicaCopy[] {
    return []
  }

  /** The end of the newest epoch that is not above `epoch`, in this queue; -1, -1: the log knows of none (KIP-101). */
  async endOffsetFor(epoch: LeaderEpoch): Promise<EpochEnd> {
    const end = endOffsetFor(this.group.log, epoch)
    return end.endOffset < 0 ? end : { epoch: end.epoch, endOffset: await this.log.offsetAt(end.endOffset) }
  }

  /**
   * Moves the beginning of the queue to `offset`, or to its high watermark (null), by an entry of the log: done on all replicas
   * once that is committed. Not committed in time it may be so later.
   */
  async deleteBefore(
    offset: Offset | null,
    timeoutMs: number,
  ): Promise<Offset | ReadRefusal | AppendRefusal | { code: 'timed-out' }> {
    const visible = visibleTo(this.group.readState, { leaderEpoch: -1 })
    if (typeof visible !== 'number') return visible
    const highWatermark = this.log.endAt(visible)
    const { logStartOffset, logEndOffset: endOffset } = this.log
    const startOffset = offset ?? highWatermark
    if (startOffset < 0 || startOffset > highWatermark) {
      return { code: 'offset-out-of-range', logStartOffset, highWatermark }
    }
    if (startOffset <= logStartOffset) return logStartOffset
    const nowMs = this.#clock.nowMs()
    const { topicId, partition } = this.log.queue
    const batch = queueStartsBatch([{ topicId, partition, startOffset, endOffset }], nowMs)
    const appended = this.group.append(ownBatch(batch, nowMs), { allInSync: true })
    if ('code' in appended) return appended
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(timeoutMs, () => resolve({ code: 'timed-out' }))
      void this.group.whenCommitted(appended.upTo).then((refusal) => {
        timer.cancel()
        resolve(refusal ?? this.log.logStartOffset)
      })
    })
  }
}
