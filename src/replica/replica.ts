import type { AbortedTransaction } from '../log/aborted-transaction.ts'
import type { Log } from '../log/log.ts'
import { LogAppendFault } from '../log/log-faults.ts'
import type { LogEvents, LogSettings } from '../log/log-settings.ts'
import type { LogSlice } from '../log/log-slice.ts'
import type { ReadMemory } from '../log/read-memory.ts'
import { noReceipts, type ReplicaReceipts } from '../receipt/cut-receipts.ts'
import type { ValidatedBatches } from '../record/batch-validation.ts'
import type { LeaderEpoch, Offset, Timestamp } from '../record/offset.ts'
import { isGone } from '../replication/divergence.ts'
import type { FetchingReplica, InSyncProposal, ReplicaSets } from '../replication/in-sync-set.ts'
import { Leader, type LeaderEffect, type LeaderEvent } from '../replication/leader.ts'
import type { FetchAnswer, FetchRequest } from '../replication/fetch.ts'
import type { CommitRefusal } from '../replication/commit/commit-policy.ts'
import type { BrokerId, ReplicaId } from '../replication/replica-id.ts'
import { type ReplicationRules, replicationRules } from '../replication/rules.ts'
import type { Scheme } from '../replication/schemes.ts'
import type { Clock } from '../runtime/clock.ts'
import type { DiskFault } from '../runtime/disk.ts'
import { invariant } from '../runtime/invariant.ts'
import type { Logger } from '../runtime/logger.ts'
import type { FollowerState } from './follower-states.ts'
import { Following, type FollowingSink } from './following.ts'
import { Leadership } from './leadership.ts'
import { leaderChangeBatch } from './leader-change.ts'
import { lostAbove } from './lost-above.ts'
import { OffsetWaits } from './offset-waits.ts'
import type { AnswerFetch } from './parked-fetches.ts'
import type { AppendRefusal, LeadershipRefusal, ReadRefusal } from './refusal.ts'
import type { GroupLink, InSyncDecider, ReplicaOptions } from './replica-options.ts'

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
  /** Aborted transactions with records between what was asked for and `upTo`, the slice's end; `read_committed` only. */
  abortedUpTo(upTo: Offset): readonly AbortedTransaction[]
}

export interface ReadRequest {
  readonly from: Offset
  readonly maxBytes: number
  /** Give the first batch even if it is larger than `maxBytes`, so that the reader gets on. */
  readonly minOneBatch: boolean
  readonly committedTransactionsOnly: boolean
  /** The leader epoch that the caller believes in; -1: it doesn't say. */
  readonly leaderEpoch: LeaderEpoch
  /** What reads from disk are counted in. */
  readonly memory?: ReadMemory
}

/** Told when more may be read of the replica, or when it leads no longer. */
export type ReplicaWatcher = (replica: Replica) => void

const defaultAnswerBytesMax = 1024 * 1024
/**
 * One replica of one replication group at work: its log, and while it leads, the leader's core.
 *
 * Unattached → leader (lead), follower (follow), unattached (resign), each from any other and in no lower epoch; failed
 * from anywhere when the disk fails, until the process starts again. Nobody else writes to its log.
 */
export class Replica {
  readonly topic: string
  readonly partition: number
  readonly #self: ReplicaId
  readonly #link: GroupLink | null
  readonly #inSync: InSyncDecider | null
  readonly #rules: ReplicationRules
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #receipts: ReplicaReceipts
  readonly #stored = new OffsetWaits<AppendRefusal>()
  /** Null: nobody watches, as with most of thousands. */
  #watchers: Set<ReplicaWatcher> | null = null
  #log!: Log
  #scheme: Scheme
  #leadership: Leadership | null = null
  /** Null: it has never followed. */
  #following: Following | null = null
  readonly #answerBytesMax: number
  readonly #damaged: (replica: Replica) => void
  #suspect: boolean
  /** Nobody counts on what it has: as follower it cuts off what is damaged, to fetch it again. */
  #mayRepair = false
  /** Highest that this replica has known, in any role. */
  #highWatermark: Offset = 0
  #knownLeader: BrokerId | null = null
  #epoch: LeaderEpoch = -1

  private constructor(replica: ReplicaOptions) {
    this.topic = replica.topic
    this.partition = replica.partition
    this.#self = replica.self
    this.#scheme = replica.scheme
    this.#link = replica.link ?? null
    this.#inSync = replica.inSync ?? null
    this.#rules = replica.rules ?? replicationRules
    this.#suspect = replica.suspect ?? false
    this.#damaged = replica.damaged ?? (() => {})
    this.#answerBytesMax = replica.answerBytesMax ?? defaultAnswerBytesMax
    this.#clock = replica.clock
    this.#logger = replica.logger
    this.#receipts = replica.receipts ?? noReceipts
  }

  /** Opens the replica's log through `open`, which hands the events on to it. It leads nothing yet. */
  static async open(replica: ReplicaOptions, open: (events: LogEvents) => Promise<Log>): Promise<Replica> {
    const opened = new Replica(replica)
    opened.#log = await open({
      stored: (upTo) => opened.#onStored(upTo),
      flushed: ignored,
      damaged: () => opened.#onDamaged(),
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

  get scheme(): Scheme {
    return this.#scheme
  }

  /** Who leads, as far as this replica knows; null: nobody. */
  get knownLeader(): BrokerId | null {
    return this.#knownLeader
  }

  /** It may have lost what it has acknowledged, and has not caught up since. */
  get isSuspect(): boolean {
    return this.#suspect
  }

  /** A part of its log cannot be read, and is in no other place than in other replicas. */
  get isDamaged(): boolean {
    return this.#log.damagedFrom() !== null
  }

  /** What was damaged is cut off, or may be, and is not all here again. */
  get isUnderRepair(): boolean {
    return this.#mayRepair
  }

  /** As leader or follower it knows of; without either, what it knew last. */
  get highWatermark(): Offset {
    return Math.max(this.#highWatermark, this.#log.logStartOffset)
  }

  /** Resolves when the log is not being cut: until then its end is none that may be spoken of. */
  async settled(): Promise<void> {
    await this.#following?.settled()
  }

  /** Takes over the leadership of `epoch`, which whoever decides on leaders has made durable. Only when `settled`. */
  lead(epoch: LeaderEpoch, sets: ReplicaSets): void {
    invariant(this.#following?.isCutting !== true, 'a log that is being cut cannot be led', { epoch })
    this.#leave(epoch, this.#self.broker)
    // Whoever decided on it knew, and nobody else has more; but what is damaged somebody else may have.
    this.#suspect &&= this.isDamaged
    const leader = new Leader({
      epoch,
      epochStart: this.#log.logEndOffset,
      self: this.#self.broker,
      sets,
      commit: this.#scheme.commit,
      highWatermark: this.highWatermark,
      nowMs: this.#clock.monotonicMs(),
      mayJoin: this.#inSync === null ? null : (replica) => this.#inSync?.mayJoin(replica) === true,
    })
    // Of the others the controller knows who keeps pace.
    const notesFollowers = this.#scheme.elect === 'self'
    const parts = { log: this.#log, clock: this.#clock, bytesMax: this.#answerBytesMax, leader, notesFollowers }
    this.#leadership = new Leadership(parts)
    if (this.#scheme.commit.opensEpoch) this.#openEpoch(epoch, sets)
    this.#apply(leader.step({ type: 'stored', upTo: this.#log.storedUpTo }))
  }

  /** Follows the leader of `epoch`, which is durable here. Asks it as soon as it can be reached. Only when `settled`. */
  follow(epoch: LeaderEpoch, leader: BrokerId): void {
    this.#leave(epoch, leader)
    this.#following ??= this.#newFollowing()
    const { highWatermark } = this
    this.#following.begin({ epoch, leader, highWatermark, suspect: this.#suspect, mayRepair: this.#mayRepair })
    this.#wakeWatchers()
  }

  /** Nobody leads from `epoch` on, or somebody whom this replica does not follow. Whoever waits here is told. */
  resign(epoch: LeaderEpoch, leader: BrokerId | null): void {
    this.#leave(epoch, leader)
    this.#wakeWatchers()
  }

  /** A follower's fetch. It is answered at once, or when there is something to say. */
  fetched(replica: FetchingReplica, request: FetchRequest, answer: AnswerFetch): void {
    const leadership = this.#leadership
    const { epoch, from } = request
    if (leadership === null || epoch !== this.#epoch) return answer(this.#denies(request), () => {})
    const { logStartOffset, logEndOffset } = this.#log
    if (isGone(request, this.#log)) return answer({ epoch, from, outcome: 'gone', logStartOffset }, () => {})
    const end = this.#rules.divergenceOf(request, this.#log)
    if (end !== null) return answer({ epoch, from, outcome: 'diverging', end }, () => {})
    leadership.fetched(replica, request, answer)
    // What it had acknowledged before it may have lost.
    if (request.suspect) return this.#stepLeader({ type: 'departed', broker: replica.broker })
    const nowMs = this.#clock.monotonicMs()
    this.#apply(leadership.leader.step({ type: 'fetched', replica, from, logEndOffset, nowMs }))
  }

  /** The answer to this replica's own fetch. */
  answered(from: BrokerId, answer: FetchAnswer): void {
    this.#following?.answered(from, answer)
  }

  /** A broker can be reached, over a new stream: what was on its way before is lost. */
  connected(broker: BrokerId): void {
    this.#following?.connected(broker)
    // It came over an earlier stream.
    this.#leadership?.forget(broker)
  }

  disconnected(broker: BrokerId): void {
    this.#leadership?.forget(broker)
    this.#leadership?.leader.step({ type: 'departed', broker })
  }

  /** How far the others are, as the leader of a group that elects it itself knows; else none. */
  followers(): FollowerState[] {
    return this.#leadership?.followers() ?? []
  }

  configure({ settings, scheme, sets }: { settings: LogSettings; scheme: Scheme; sets: ReplicaSets }): void {
    this.#log.configure(settings)
    this.#scheme = scheme
    this.#stepLeader({ type: 'reconfigured', commit: scheme.commit, sets, nowMs: this.#clock.monotonicMs() })
    this.#leadership?.reconfigured()
  }

  /** Called from time to time while it leads: followers that have lagged for longer than `lagMs` are to leave the in-sync set. */
  reviewInSync(lagMs: number): void {
    const { logEndOffset } = this.#log
    this.#stepLeader({ type: 'review', lagMs, logEndOffset, nowMs: this.#clock.monotonicMs() })
  }

  /** What was proposed in `epoch` on that state of the partition will never be in force. */
  proposalRefused(epoch: LeaderEpoch, partitionEpoch: number): void {
    if (epoch === this.#epoch) this.#stepLeader({ type: 'proposal-refused', partitionEpoch })
  }

  /** Why an append that wants every promise would be refused now; null: it would not. */
  admits(): CommitRefusal | null {
    return this.#leadership?.leader.admits() ?? null
  }

  /**
   * Gives the batches their place in the log. When this returns their order is fixed and the caller's bytes are free;
   * they are neither stored nor committed yet.
   */
  append(batches: ValidatedBatches, options: { allInSync: boolean }): Appended | AppendRefusal {
    const leader = this.#leadership?.leader
    if (leader === undefined) return this.#notLeader()
    // A primary is to be led for a while by one that has everything: that one has to get there first.
    const isToBeLed = this.#suspect && this.#scheme.elect === 'fixed'
    if (!leader.takesWrites || isToBeLed) return this.#notLeader()
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

  /** Resolves with null once it is known that this replica still leads, as of now, or with why that is not so; maybe never. */
  whenProven(): Promise<AppendRefusal | null> {
    const leadership = this.#leadership
    if (leadership === null) return Promise.resolve(this.#notLeader())
    return new Promise((resolve) => leadership.prove(resolve))
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
      // A backup may be behind what its primary has answered: that comes back with the primary.
      if (!this.leads && request.from > visible) return { code: 'offset-not-available' }
      return { code: 'offset-out-of-range', logStartOffset, highWatermark: visible }
    }
    const lastStableOffset = log.lastStableOffset(visible)
    const upTo = request.committedTransactionsOnly ? lastStableOffset : visible
    const room = request.maxBytes > 0 || request.minOneBatch
    if (request.from >= upTo || !room) {
      return { highWatermark: visible, lastStableOffset, logStartOffset, slice: null, abortedUpTo: noneAborted }
    }
    const slice = log.read({ ...request, upTo })
    // Of what was read, and not of all that could be: a log may have had very many.
    const abortedUpTo = request.committedTransactionsOnly
      ? (end: Offset) => log.abortedTransactions(request.from, end)
      : noneAborted
    return { highWatermark: visible, lastStableOffset, logStartOffset, slice, abortedUpTo }
  }

  /** The end of the log for a consumer that asks for `latest`. */
  latest(options: { committedTransactionsOnly: boolean }): Offset | ReadRefusal {
    const latest = this.#scheme.serve.latest(this.#serveView())
    if (typeof latest !== 'number') return this.#readRefusal(latest)
    return options.committedTransactionsOnly ? this.#log.lastStableOffset(latest) : latest
  }

  /** Null when the caller's epoch is this leader's (or not given). KIP-320. */
  checkEpoch(callers: LeaderEpoch): LeadershipRefusal | null {
    if (this.#leadership === null) {
      const isServed = callers < 0 && typeof this.#scheme.serve.visibleUpTo(this.#serveView()) === 'number'
      return isServed ? null : this.#notLeader()
    }
    if (callers < 0 || callers === this.#epoch) return null
    return callers < this.#epoch ? { code: 'fenced-leader-epoch' } : { code: 'unknown-leader-epoch' }
  }

  /** The end of the newest epoch that is not above `epoch`, in this log; -1, -1: the log knows of none (KIP-101). */
  endOffsetFor(epoch: LeaderEpoch): { epoch: LeaderEpoch; endOffset: Offset } {
    return this.#log.epochs.endOffsetFor(epoch, this.#log.logEndOffset) ?? { epoch: -1, endOffset: -1 }
  }

  /**
   * Moves the log start to `offset`, or to the high watermark (null). The log start that was reached; whoever makes it durable
   * has the log's files removed afterwards.
   */
  deleteBefore(offset: Offset | null): Offset | ReadRefusal {
    if (!this.leads) return this.#notLeader()
    const visible = this.#visibleUpTo()
    if (typeof visible !== 'number') return visible
    const { logStartOffset, fault } = this.#log
    if (fault !== null) return { code: 'storage-error' }
    const to = offset ?? visible
    if (to < 0 || to > visible) return { code: 'offset-out-of-range', logStartOffset, highWatermark: visible }
    this.#log.moveLogStart(to)
    this.#leadership?.wake()
    return this.#log.logStartOffset
  }

  /** Whoever decides on leaders has found that nobody has more: it counts again. */
  trust(): void {
    this.#suspect = false
    this.#mayRepair = false
    this.#link?.trusted()
  }

  /** Nobody counts on this replica any more, durably: what is damaged of its log is cut off and fetched again, once it follows. */
  repair(): void {
    this.#mayRepair = true
    this.#following?.repair()
  }

  /** Moves the log start past what the topic's retention has no use for (see `Log.expire`). Whether it has moved. */
  async expire(): Promise<boolean> {
    if (this.#following?.isCutting === true) return false
    const moved = await this.#log.expire(this.highWatermark)
    if (moved) this.#leadership?.wake()
    return moved
  }

  /** Calls `watcher` whenever the high watermark has moved or the leadership has changed, until unwatched. */
  watch(watcher: ReplicaWatcher): void {
    this.#watchers ??= new Set()
    this.#watchers.add(watcher)
  }

  unwatch(watcher: ReplicaWatcher): void {
    this.#watchers?.delete(watcher)
  }

  #appendTo(leader: Leader, batches: ValidatedBatches): Appended | AppendRefusal {
    try {
      const appended = this.#log.append(batches, leader.epoch)
      this.#leadership?.wake()
      return { ...appended, duplicate: false }
    } catch (error) {
      // The disk has failed or is far behind: nothing was appended.
      if (error instanceof LogAppendFault) return { code: 'storage-error' }
      throw error
    }
  }

  #newFollowing(): Following {
    const { topic, partition } = this
    const log = this.#log
    const sink: FollowingSink = {
      fetch: (to, request) => this.#link?.fetch(to, request),
      advanceTo: (highWatermark) => this.#advanceTo(highWatermark),
      misled: (told) => {
        if (this.#scheme.elect !== 'self') return false
        this.#link?.misled(told)
        return true
      },
      trusted: () => this.trust(),
      cut: () => {
        this.#highWatermark = Math.min(this.#highWatermark, this.#log.logEndOffset)
      },
      known: () => {
        const watermark = this.#highWatermark > 0 ? this.#highWatermark : null
        return { watermark, aboveAs: lostAbove(this.#scheme, { knows: watermark !== null }) }
      },
    }
    const [clock, logger, rules, facts] = [this.#clock, this.#logger, this.#rules, { topic, partition }]
    const receipts = this.#receipts
    return new Following({ log, clock, logger, rules, facts, receipts, sink })
  }

  #openEpoch(epoch: LeaderEpoch, { replicas }: ReplicaSets): void {
    const voters = replicas.map(({ broker }) => broker)
    const batch = leaderChangeBatch({ leader: this.#self.broker, voters, epoch, nowMs: this.#clock.nowMs() })
    this.#log.append(batch, epoch)
  }

  /** Ends the role that it has, in favour of an epoch that is no lower. */
  #leave(epoch: LeaderEpoch, leader: BrokerId | null): void {
    invariant(epoch >= this.#epoch, 'a leader epoch goes back', { epoch, before: this.#epoch })
    const leadership = this.#leadership
    this.#epoch = epoch
    this.#knownLeader = leader
    this.#leadership = null
    this.#following?.end()
    leadership?.end({ denies: (request) => this.#denies(request), refusal: this.#notLeader() })
  }

  #denies({ epoch, from }: FetchRequest): FetchAnswer<never> {
    // Whoever asks this replica takes it for the leader: it is not to be named as the one to go to.
    const leader = this.#knownLeader === this.#self.broker ? null : this.#knownLeader
    return { epoch, from, outcome: 'not-leader', knownEpoch: this.#epoch, leader }
  }

  #nothingAt(visible: Offset): ReadAnswer {
    return {
      highWatermark: visible,
      lastStableOffset: this.#log.lastStableOffset(visible),
      logStartOffset: this.#log.logStartOffset,
      slice: null,
      abortedUpTo: noneAborted,
    }
  }

  #serveView() {
    const leader = this.#leadership?.leader
    const { highWatermark } = this
    const isLed = this.#knownLeader !== null
    const { storedUpTo } = this.#log
    return { leads: leader !== undefined, isLed, highWatermark, storedUpTo, epochStart: leader?.epochStart ?? 0 }
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
    this.#stepLeader({ type: 'stored', upTo })
    this.#following?.stored(upTo)
  }

  #onDamaged(): void {
    if (this.#link !== null) {
      this.#suspect = true
      this.#following?.suspected()
      this.#link.suspected()
    }
    this.#damaged(this)
  }

  #onFailed(fault: DiskFault): void {
    this.#logger.error({ topic: this.topic, partition: this.partition, error: fault.message }, 'the disk failed')
    this.#stored.refuseAll({ code: 'storage-error' })
    this.#leadership?.committed.refuseAll({ code: 'storage-error' })
    this.#link?.failed()
    this.#wakeWatchers()
  }

  #stepLeader(event: LeaderEvent): void {
    const leader = this.#leadership?.leader
    if (leader !== undefined) this.#apply(leader.step(event))
  }

  #apply(effects: LeaderEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'propose-in-sync') {
        this.#proposeInSync(effect.proposal)
        continue
      }
      this.#leadership?.committed.advance(effect.to)
      this.#advanceTo(effect.to)
    }
    this.#leadership?.wake()
  }

  #proposeInSync(proposal: InSyncProposal): void {
    const facts = { topic: this.topic, partition: this.partition, epoch: this.#epoch, ...proposal }
    const joins = proposal.members.some(({ incarnation }) => incarnation !== null)
    this.#logger.info(facts, joins ? 'a follower has caught up and is to be in sync' : 'followers lag and are to leave')
    this.#inSync?.propose(this, proposal)
  }

  #advanceTo(highWatermark: Offset): void {
    invariant(highWatermark >= this.#highWatermark, 'the high watermark goes back', {
      to: highWatermark,
      from: this.#highWatermark,
    })
    this.#highWatermark = highWatermark
    this.#wakeWatchers()
  }

  #wakeWatchers(): void {
    if (this.#watchers === null) return
    for (const watcher of [...this.#watchers]) watcher(this)
  }
}

const ignored = (): void => {}

const noneAborted = (): readonly AbortedTransaction[] => []
