import type { Log } from '../log/log.ts'
import { LogAppendFault } from '../log/log-faults.ts'
import type { LogEvents, LogSettings } from '../log/log-settings.ts'
import type { LogSlice } from '../log/log-slice.ts'
import type { ValidatedBatches } from '../record/batch-validation.ts'
import type { LeaderEpoch, Offset, Timestamp } from '../record/offset.ts'
import { Leader, type LeaderEffect, type ReplicaSets } from '../replication/leader.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { Scheme } from '../replication/schemes.ts'
import type { Clock } from '../runtime/clock.ts'
import type { DiskFault } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import { leaderChangeBatch } from './leader-change.ts'
import { OffsetWaits } from './offset-waits.ts'
import type { AppendRefusal, LeadershipRefusal, ReadRefusal } from './refusal.ts'

/** What an append gave. `whenStored` and `whenCommitted` of the replica wait for `lastOffset + 1`. */
export interface Appended {
  readonly baseOffset: Offset
  readonly lastOffset: Offset
  /** -1 where the producer's own timestamps stand. */
  readonly logAppendTime: Timestamp
  /** The producer's sequence was found stored already: nothing was appended, the offsets are the stored ones. */
  readonly duplicate: boolean
}

/** What a read gave: where the log stands and, unless there is nothing at `from`, a slice that must be released. */
export interface ReadAnswer {
  readonly highWatermark: Offset
  readonly lastStableOffset: Offset
  readonly logStartOffset: Offset
  readonly slice: LogSlice | Promise<LogSlice> | null
  /** Transactions aborted within the slice's range; `read_committed` only. */
  readonly aborted: readonly { producerId: number; firstOffset: Offset }[]
}

export interface ReadRequest {
  readonly from: Offset
  readonly maxBytes: number
  /** Give the first batch even if it is larger than `maxBytes`, so that the reader gets on. */
  readonly minOneBatch: boolean
  readonly committedTransactionsOnly: boolean
  /** The leader epoch that the caller believes in; -1: it doesn't say. */
  readonly leaderEpoch: LeaderEpoch
}

/** Told when more may be read of a replica, or when it leads no longer. */
export type ReplicaWatcher = () => void

export interface ReplicaOptions {
  readonly topic: string
  readonly partition: number
  readonly self: BrokerId
  readonly scheme: Scheme
  readonly clock: Clock
  readonly logger: Logger
}

interface Leadership {
  readonly leader: Leader
  readonly committed: OffsetWaits<AppendRefusal>
}

/**
 * One replica of one replication group at work: its log, and while it leads, the leader's core.
 *
 * Offline → leader (lead) → follower of another (resign) → leader again in a higher epoch; failed from anywhere when
 * the disk fails, until the process starts again. Nobody else writes to its log.
 */
export class Replica {
  readonly topic: string
  readonly partition: number
  readonly #self: BrokerId
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #stored = new OffsetWaits<AppendRefusal>()
  readonly #watchers = new Set<ReplicaWatcher>()
  #log!: Log
  #scheme: Scheme
  #leadership: Leadership | null = null
  #knownLeader: BrokerId | null = null
  #epoch: LeaderEpoch = -1

  private constructor(replica: ReplicaOptions) {
    this.topic = replica.topic
    this.partition = replica.partition
    this.#self = replica.self
    this.#scheme = replica.scheme
    this.#clock = replica.clock
    this.#logger = replica.logger
  }

  /** Opens the replica's log through `open`, which hands the events on to it. It leads nothing yet. */
  static async open(replica: ReplicaOptions, open: (events: LogEvents) => Promise<Log>): Promise<Replica> {
    const opened = new Replica(replica)
    opened.#log = await open({
      stored: (upTo) => opened.#onStored(upTo),
      flushed: () => {},
      failed: (fault) => opened.#onFailed(fault),
    })
    return opened
  }

  get log(): Log {
    return this.#log
  }

  get epoch(): LeaderEpoch {
    return this.#epoch
  }

  get leads(): boolean {
    return this.#leadership !== null
  }

  get highWatermark(): Offset {
    return this.#leadership?.leader.highWatermark ?? this.#log.logStartOffset
  }

  /** Takes over the leadership of `epoch`, which whoever decides on leaders has made durable. */
  lead(epoch: LeaderEpoch, sets: ReplicaSets): void {
    this.#epoch = epoch
    this.#knownLeader = this.#self
    const leader = new Leader({
      epoch,
      epochStart: this.#log.logEndOffset,
      self: this.#self,
      sets,
      commit: this.#scheme.commit,
      highWatermark: this.#log.logStartOffset,
    })
    this.#leadership?.committed.refuseAll(this.#notLeader())
    this.#leadership = { leader, committed: new OffsetWaits() }
    if (this.#scheme.commit.opensEpoch) this.#openEpoch(epoch, sets)
    this.#apply(leader.step({ type: 'stored', upTo: this.#log.storedUpTo }))
  }

  /** Another broker leads from `epoch` on, or nobody (null). Whoever waits here is told. */
  resign(epoch: LeaderEpoch, leader: BrokerId | null): void {
    this.#epoch = epoch
    this.#knownLeader = leader
    const leadership = this.#leadership
    this.#leadership = null
    leadership?.committed.refuseAll(this.#notLeader())
    this.#wakeWatchers()
  }

  configure(configuration: { settings: LogSettings; scheme: Scheme; sets: ReplicaSets }): void {
    this.#log.configure(configuration.settings)
    this.#scheme = configuration.scheme
    const leader = this.#leadership?.leader
    if (leader === undefined) return
    this.#apply(
      leader.step({ type: 'reconfigured', commit: configuration.scheme.commit, replicas: configuration.sets }),
    )
  }

  /**
   * Gives the batches their place in the log. When this returns their order is fixed and the caller's bytes are free;
   * they are neither stored nor committed yet.
   */
  append(batches: ValidatedBatches, options: { allInSync: boolean }): Appended | AppendRefusal {
    const leader = this.#leadership?.leader
    if (leader === undefined) return this.#notLeader()
    if (this.#log.fault !== null) return { code: 'storage-error' }
    const refusal = options.allInSync ? leader.admits() : null
    if (refusal !== null) return refusal
    const check = this.#log.producers.check(batches.first)
    if (check.outcome === 'refused') return { code: check.code }
    if (check.outcome === 'duplicate') {
      return {
        baseOffset: check.baseOffset,
        lastOffset: check.lastOffset,
        logAppendTime: check.timestamp,
        duplicate: true,
      }
    }
    return this.#appendTo(leader, batches)
  }

  /** Resolves with null once this replica has stored everything below `upTo`, or with why that will not be. */
  whenStored(upTo: Offset): Promise<AppendRefusal | null> {
    if (this.#log.storedUpTo >= upTo) return Promise.resolve(null)
    if (this.#log.fault !== null) return Promise.resolve({ code: 'storage-error' })
    return new Promise((resolve) => this.#stored.add(upTo, resolve))
  }

  /** Resolves with null once everything below `upTo` is committed, or with why this replica cannot say so. */
  whenCommitted(upTo: Offset): Promise<AppendRefusal | null> {
    const leadership = this.#leadership
    if (leadership === null) return Promise.resolve(this.#notLeader())
    if (leadership.leader.highWatermark >= upTo) return Promise.resolve(null)
    if (this.#log.fault !== null) return Promise.resolve({ code: 'storage-error' })
    return new Promise((resolve) => leadership.committed.add(upTo, resolve))
  }

  read(request: ReadRequest): ReadAnswer | ReadRefusal {
    const stale = this.checkEpoch(request.leaderEpoch)
    if (stale !== null) return stale
    const visible = this.#visibleUpTo()
    if (typeof visible !== 'number') return visible
    const log = this.#log
    const { logStartOffset } = log
    if (request.from < logStartOffset || request.from > visible) {
      // Beyond the watermark but within the log: a reader that came from the earlier leader; it only has to wait.
      const inLog = request.from > visible && request.from <= log.logEndOffset
      if (inLog) return this.#nothingAt(visible)
      return { code: 'offset-out-of-range', logStartOffset, highWatermark: visible }
    }
    const lastStableOffset = log.lastStableOffset(visible)
    const upTo = request.committedTransactionsOnly ? lastStableOffset : visible
    const room = request.maxBytes > 0 || request.minOneBatch
    if (request.from >= upTo || !room) return { ...this.#nothingAt(visible), lastStableOffset }
    const slice = log.read({ from: request.from, upTo, maxBytes: request.maxBytes, minOneBatch: request.minOneBatch })
    const aborted = request.committedTransactionsOnly ? log.abortedTransactions(request.from, upTo) : []
    return { highWatermark: visible, lastStableOffset, logStartOffset, slice, aborted }
  }

  /** The end of the log for a consumer that asks for `latest`. */
  latest(options: { committedTransactionsOnly: boolean }): Offset | ReadRefusal {
    const latest = this.#scheme.serve.latest(this.#serveView())
    if (typeof latest !== 'number') return this.#readRefusal(latest)
    return options.committedTransactionsOnly ? this.#log.lastStableOffset(latest) : latest
  }

  /** Null when the caller's epoch is this leader's (or not given). KIP-320. */
  checkEpoch(callers: LeaderEpoch): LeadershipRefusal | null {
    if (this.#leadership === null) return this.#notLeader()
    if (callers < 0 || callers === this.#epoch) return null
    return callers < this.#epoch ? { code: 'fenced-leader-epoch' } : { code: 'unknown-leader-epoch' }
  }

  /** The end of the newest epoch that is not above `epoch`, in this log; -1, -1: the log knows of none (KIP-101). */
  endOffsetFor(epoch: LeaderEpoch): { epoch: LeaderEpoch; endOffset: Offset } {
    return this.#log.epochs.endOffsetFor(epoch, this.#log.logEndOffset) ?? { epoch: -1, endOffset: -1 }
  }

  /** Moves the log start to `offset`, or to the high watermark (null). The log start that was reached. */
  async deleteBefore(offset: Offset | null): Promise<Offset | ReadRefusal> {
    const visible = this.#visibleUpTo()
    if (typeof visible !== 'number') return visible
    const { logStartOffset, fault } = this.#log
    if (fault !== null) return { code: 'storage-error' }
    const to = offset ?? visible
    if (to < 0 || to > visible) return { code: 'offset-out-of-range', logStartOffset, highWatermark: visible }
    if (to > logStartOffset) await this.#log.advanceLogStart(to)
    return this.#log.logStartOffset
  }

  /** Calls `watcher` whenever the high watermark has moved or the leadership has changed, until unwatched. */
  watch(watcher: ReplicaWatcher): void {
    this.#watchers.add(watcher)
  }

  unwatch(watcher: ReplicaWatcher): void {
    this.#watchers.delete(watcher)
  }

  #appendTo(leader: Leader, batches: ValidatedBatches): Appended | AppendRefusal {
    try {
      return { ...this.#log.append(batches, leader.epoch), duplicate: false }
    } catch (error) {
      // The disk has failed or is far behind: nothing was appended.
      if (error instanceof LogAppendFault) return { code: 'storage-error' }
      throw error
    }
  }

  #openEpoch(epoch: LeaderEpoch, { replicas: voters }: ReplicaSets): void {
    const batch = leaderChangeBatch({ leader: this.#self, voters, epoch, nowMs: this.#clock.nowMs() })
    this.#log.append(batch, epoch)
  }

  #nothingAt(visible: Offset): ReadAnswer {
    return {
      highWatermark: visible,
      lastStableOffset: this.#log.lastStableOffset(visible),
      logStartOffset: this.#log.logStartOffset,
      slice: null,
      aborted: [],
    }
  }

  #serveView() {
    const leader = this.#leadership?.leader
    return { leads: leader !== undefined, highWatermark: this.highWatermark, epochStart: leader?.epochStart ?? 0 }
  }

  #visibleUpTo(): Offset | ReadRefusal {
    const visible = this.#scheme.serve.visibleUpTo(this.#serveView())
    return typeof visible === 'number' ? visible : this.#readRefusal(visible)
  }

  #readRefusal(refusal: { code: 'not-leader' } | { code: 'offset-not-available' }): ReadRefusal {
    return refusal.code === 'not-leader' ? this.#notLeader() : refusal
  }

  #notLeader(): LeadershipRefusal {
    return { code: 'not-leader', leader: this.#knownLeader, epoch: this.#epoch }
  }

  #onStored(upTo: Offset): void {
    this.#stored.advance(upTo)
    const leader = this.#leadership?.leader
    if (leader !== undefined) this.#apply(leader.step({ type: 'stored', upTo }))
  }

  #onFailed(fault: DiskFault): void {
    this.#logger.error({ topic: this.topic, partition: this.partition, error: fault.message }, 'the disk failed')
    this.#stored.refuseAll({ code: 'storage-error' })
    this.#leadership?.committed.refuseAll({ code: 'storage-error' })
    this.#wakeWatchers()
  }

  #apply(effects: LeaderEffect[]): void {
    for (const effect of effects) {
      this.#leadership?.committed.advance(effect.to)
      this.#wakeWatchers()
    }
  }

  #wakeWatchers(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }
}
