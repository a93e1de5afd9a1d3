import type { Log } from '../log/log.ts'
import type { LogEvents, LogSettings } from '../log/log-settings.ts'
import { noReceipts, type ReplicaReceipts } from '../receipt/cut-receipts.ts'
import type { ValidatedBatches } from '../record/batch-validation.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { FetchingReplica, ReplicaSets } from '../replication/in-sync-set.ts'
import { Leader, type LeaderEffect, type LeaderEvent } from '../replication/leader.ts'
import type { FetchAnswer, FetchRequest } from '../replication/fetch.ts'
import type { CommitRefusal, ReplicaCopy } from '../replication/commit/commit-policy.ts'
import { type BrokerId, isSameReplica, type ReplicaId } from '../replication/replica-id.ts'
import { type ReplicationRules, replicationRules } from '../replication/rules.ts'
import type { Scheme } from '../replication/schemes.ts'
import type { Clock } from '../runtime/clock.ts'
import { setsOf, type VoterSet } from '../replication/voters.ts'
import type { DiskFault } from '../runtime/disk.ts'
import { invariant } from '../runtime/invariant.ts'
import type { Logger } from '../runtime/logger.ts'
import { deleteVisible } from './delete-visible.ts'
import { answerInstead, type GroupsPast, goneAnswer, notLeaderAnswer } from './fetch-instead.ts'
import { expireLog } from './expire-group.ts'
import { type FollowerState, FollowerStates } from './follower-states.ts'
import { noThrottles, type ReplicaThrottles } from './catch-up-throttle.ts'
import { Following, type FollowingSink } from './following.ts'
import type { GroupSnapshots } from './group-snapshots.ts'
import { type FetchesHome, Leadership } from './leadership.ts'
import { HandOver } from './hand-over.ts'
import { leaderChangeBatch } from './leader-change.ts'
import { knownOfCut } from './lost-above.ts'
import { OffsetWaits } from './offset-waits.ts'
import type { Appended } from './appended.ts'
import type { GroupLink, InSyncDecider } from './group-link.ts'
import type { GroupVoters } from './group-voters.ts'
import { type AnswerFetch, type AwaitedAnswers, ParkedFetches } from './parked-fetches.ts'
import { epochFault, latestOf, type ReadAnswer, type ReadRequest, type ReadState, readVisible } from './reads.ts'
import { placeBatches, type ToQueue } from './placing.ts'
import type { AppendRefusal, LeadershipRefusal, ReadRefusal } from './refusal.ts'
import type { ReplicaOptions } from './replica-options.ts'
import { ReplicaWatchers } from './replica-watchers.ts'
import type { PartitionWatcher, ServedPartition } from './served-partition.ts'
import { votersBatch } from './voters-record.ts'
import { type Settle, whenPast } from './when-past.ts'

/**
 * One replica of one replication group at work: its log, and while it leads, the leader's core.
 *
 * Unattached → leader (lead), follower (follow), unattached (resign), each from any other and in no lower epoch; failed
 * from anywhere when the disk fails, until the process starts again. Nobody else writes to its log; only that calls `stored`, `damaged` and `failed`.
 */
export class Replica implements ServedPartition, LogEvents, FetchesHome {
  readonly topic: string
  readonly partition: number
  readonly self: ReplicaId
  #link: GroupLink | null
  readonly #inSync: InSyncDecider | null
  readonly #snapshots: GroupSnapshots | null
  readonly #rules: ReplicationRules
  readonly #clock: Clock
  readonly #logger: Logger
  #receipts: ReplicaReceipts
  /** Null: nobody has waited. */
  #stored: OffsetWaits<AppendRefusal> | null = null
  readonly #watchers = new ReplicaWatchers(this)
  #log!: Log
  #scheme: Scheme
  #leadership: Leadership | null = null
  /** Null: it has never followed. */
  #following: Following | null = null
  /** While its leadership is to go to another replica: no writes are taken. */
  #handOver: HandOver | null = null
  readonly #answerBytesMax: number
  readonly #tellDamaged: (replica: Replica) => void
  #voters: GroupVoters | null = null
  /** The set that whoever counts votes was told of. */
  #told: VoterSet | null = null
  #hasStrangers = false
  #suspect: boolean
  /** Nobody counts on what it has: as follower it cuts off what is damaged, to fetch it again. */
  isUnderRepair = false
  /** Highest that this replica has known, in any role. */
  #highWatermark: Offset = 0
  #knownLeader: BrokerId | null = null
  /** Whether the group counts this replica among those in sync, as far as it was told. */
  #isInSync = true
  #throttles = noThrottles
  #epoch: LeaderEpoch = -1

  private constructor(replica: ReplicaOptions) {
    this.topic = replica.topic
    this.partition = replica.partition
    this.self = replica.self
    this.#scheme = replica.scheme
    this.#link = replica.link ?? null
    this.#inSync = replica.inSync ?? null
    this.#snapshots = replica.snapshots ?? null
    this.#rules = replica.rules ?? replicationRules
    this.#suspect = replica.suspect ?? false
    this.#tellDamaged = replica.damaged ?? (() => {})
    this.#answerBytesMax = replica.answerBytesMax ?? 1024 * 1024
    this.#clock = replica.clock
    this.#logger = replica.logger
    this.#receipts = replica.receipts ?? noReceipts
  }

  /** Opens the replica's log through `open`, which hands the events on to it. It leads nothing yet. */
  static async open(replica: ReplicaOptions, open: (events: LogEvents) => Promise<Log>): Promise<Replica> {
    const opened = new Replica(replica)
    opened.#log = await open(opened)
    // Only what is committed gets into a snapshot.
    opened.#highWatermark = opened.#snapshots?.newest?.endOffset ?? 0
    return opened
  }

  get group(): Replica {
    return this
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

  get isDegraded(): boolean {
    return this.#leadership?.leader.isDegraded === true
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

  get isDamaged(): boolean {
    return this.#log.damagedFrom() !== null
  }

  /** As leader or follower it knows of; without either, what it knew last. */
  get highWatermark(): Offset {
    return Math.max(this.#highWatermark, this.#log.logStartOffset)
  }

  /** Everything below is on all replicas of the group, as far as its leader knows and has told in this epoch. */
  get replicatedUpTo(): Offset {
    return this.#leadership?.leader.replicatedUpTo ?? this.#following?.replicatedUpTo ?? 0
  }

  /** The highest end of its log that a broker has shown to this process as its leader; null: it has not. */
  endShownBy(leader: BrokerId): Offset | null {
    return this.#following?.endShownBy(leader) ?? null
  }

  /** Its group has others from now on, who are reached so, and what is cut for them is written down; null: it has none any more. */
  meet(link: GroupLink | null, receipts: ReplicaReceipts): void {
    this.#link = link
    this.#receipts = receipts
  }

  /** Where the replicas elect their leader themselves: who votes, by this log. Before it takes part in anything. */
  countBy(voters: GroupVoters): void {
    this.#voters = voters
    this.#told = this.voters
  }

  /** Since it leads somebody has fetched who is none of the group's replicas, or has another folder than the group knows. */
  get hasStrangers(): boolean {
    return this.#hasStrangers
  }

  /** The newest set in this log, committed or not. */
  get latestVoters(): VoterSet | null {
    return this.#voters?.history.latest ?? null
  }

  /** Null: the group does not elect its leader itself. */
  get voterLog(): GroupVoters | null {
    return this.#voters
  }

  /** The voters that count; null as above. */
  get voters(): VoterSet | null {
    return this.#voters === null ? null : this.#rules.votersInForce(this.#voters.history, this.#highWatermark)
  }

  /** Resolves when the log is not being cut: until then its end is none that may be spoken of. */
  async settled(): Promise<void> {
    await this.#following?.settled()
  }

  get isSettled(): boolean {
    return this.#following?.isCutting !== true
  }

  /** Takes over the leadership of `epoch`, which whoever decides on leaders has made durable. Only when `settled`. */
  lead(epoch: LeaderEpoch, sets: ReplicaSets): void {
    invariant(this.isSettled, 'a log that is being cut cannot be led', { epoch })
    this.#leave(epoch, this.self.broker)
    // Whoever decided on it knew, and nobody else has more; but what is damaged somebody else may have.
    this.#suspect &&= this.isDamaged
    const leader = new Leader({
      epoch,
      epochStart: this.#log.logEndOffset,
      self: this.self.broker,
      sets,
      commit: this.#scheme.commit,
      highWatermark: this.highWatermark,
      nowMs: this.#clock.monotonicMs(),
      inSync: this.#inSync,
    })
    this.#leadership = new Leadership(leader, this)
    if (this.#scheme.commit.opensEpoch) {
      const opened = { leader: this.self.broker, replicas: sets.replicas, epoch, nowMs: this.#clock.nowMs() }
      this.#log.append(leaderChangeBatch(opened), epoch)
    }
    this.#apply(leader.step({ type: 'stored', upTo: this.#log.storedUpTo }))
  }

  /** For its leadership: where fetches of followers wait. */
  parkedFetches(leader: Leader, proofs: AwaitedAnswers): ParkedFetches {
    const [log, clock, bytesMax] = [this.#log, this.#clock, this.#answerBytesMax]
    // Of the others the controller knows who keeps pace.
    const followers = this.#scheme.elect === 'self' ? new FollowerStates() : null
    const gone = (request: FetchRequest) => goneAnswer(request, log, this.#past)
    const [throttle, copiesUpTo] = [() => this.#throttles.leader, () => this.#scheme.serve.copiesUpTo(log)]
    return new ParkedFetches({ log, clock, bytesMax, leader, proofs, followers, gone, throttle, copiesUpTo })
  }

  /** Follows the leader of `epoch`, which is durable here. Asks it as soon as it can be reached. Only when `settled`. */
  follow(epoch: LeaderEpoch, leader: BrokerId): void {
    this.#leave(epoch, leader)
    this.#following ??= this.#newFollowing()
    const known = { highWatermark: this.highWatermark, suspect: this.#suspect, mayRepair: this.isUnderRepair }
    this.#following.begin({ epoch, leader, ...known })
    this.#watchers.wake()
  }

  /** Nobody leads from `epoch` on, or somebody whom this replica does not follow. Whoever waits here is told. */
  resign(epoch: LeaderEpoch, leader: BrokerId | null): void {
    this.#leave(epoch, leader)
    this.#watchers.wake()
  }

  /** Takes no writes from now on; `caughtUp` is called once that broker's replica has everything. For a leader only. */
  handOver(to: BrokerId, caughtUp: () => void): void {
    this.#handOver = new HandOver(to, this.#rules, caughtUp)
    this.#handOver?.look(this)
  }

  /** Takes writes again. */
  takeBack(): void {
    this.#handOver = null
  }

  /** A follower's fetch. It is answered at once, or when there is something to say. */
  fetched(replica: FetchingReplica, request: FetchRequest, answer: AnswerFetch): void {
    const leadership = this.#leadership
    const { epoch, from } = request
    if (leadership === null || epoch !== this.#epoch) return answer(this.#denies(request), () => {})
    const instead = answerInstead(request, this.#log, { ...this.#past, rules: this.#rules })
    if (instead !== null) return answer(instead, () => {})
    if (!leadership.leader.counts(replica)) this.#hasStrangers = true
    leadership.fetched(replica, request, answer)
    // What it had acknowledged before it may have lost.
    if (request.suspect) return this.#stepLeader({ type: 'departed', broker: replica.broker })
    const [{ logStartOffset }, { logEndOffset }] = [request, this.#log]
    const facts = { from, logStartOffset, logEndOffset, nowMs: this.#clock.monotonicMs() }
    this.#stepLeader({ type: 'fetched', replica, ...facts })
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
    // Consumers that wait here for what its leader has next wait for nothing.
    if (this.#following?.disconnected(broker) === true) this.#watchers.wake()
  }

  /** How far the others are, as the leader of a group that elects it itself knows; else none. */
  followers(): FollowerState[] {
    return this.#leadership?.followers() ?? []
  }

  /** From now on these hold it back while it, or who follows it, is far behind. */
  throttle(throttles: ReplicaThrottles): void {
    this.#throttles = throttles
  }

  configure({ settings, scheme, sets }: { settings: LogSettings; scheme: Scheme; sets: ReplicaSets }): void {
    this.#log.configure(settings)
    this.#scheme = scheme
    const wasInSync = this.#isInSync
    this.#isInSync = sets.inSync.includes(this.self.broker)
    if (wasInSync && !this.#isInSync) this.#watchers.wake()
    // Who votes is what the log says, and not the image, which only tells others of it.
    this.#reconfigure(this.voters === null ? sets : setsOf(this.voters))
  }

  /** The part of `changeVoters` in one turn, in that epoch: where the entry ends, or why nothing has happened. */
  appendVoters(epoch: LeaderEpoch, latest: VoterSet, set: Omit<VoterSet, 'offset'>): Offset | AppendRefusal {
    const leader = this.#leadership?.leader
    // One that hands over appends nothing more, and another change may have come first.
    const isOver = leader === undefined || this.#epoch !== epoch || this.#handOver !== null
    if (isOver || this.latestVoters !== latest || this.mayChangeVoters() !== null) return this.#notLeader()
    const appended = this.#place(leader, votersBatch(set, { epoch, nowMs: this.#clock.nowMs() }), null)
    if ('code' in appended) return appended
    this.#voters?.appended([{ ...set, offset: appended.baseOffset }])
    this.#votersMoved()
    return appended.upTo
  }

  /** Why the voters cannot be changed now, by this replica; null: they can. */
  mayChangeVoters(): string | null {
    const leader = this.#leadership?.leader
    if (leader === undefined || this.#voters === null) return 'this replica does not lead a group of voters'
    const { highWatermark, epochStart } = leader
    return this.#rules.voterChangeFault({ latest: this.#voters.history.latest, highWatermark, epochStart })
  }

  /** Called from time to time while it leads: followers that have lagged for longer than `lagMs` are to leave the in-sync set. */
  reviewInSync(lagMs: number): void {
    this.#stepLeader({ type: 'review', lagMs, logEndOffset: this.#log.logEndOffset, nowMs: this.#clock.monotonicMs() })
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
   * Gives the batches their place in the log, and in a queue of it (`to`) where it is a commit log. When this returns their
   * order is fixed and the caller's bytes are free; they are neither stored nor committed yet.
   */
  append(
    batches: ValidatedBatches,
    { allInSync, to = null }: { allInSync: boolean; to?: ToQueue | null },
  ): Appended | AppendRefusal {
    const leader = this.#leadership?.leader
    // A suspect primary is to be led for a while by one that has everything: that one has to get there first.
    if (leader?.takesWrites !== true || (this.#suspect && this.#scheme.elect === 'fixed')) return this.#notLeader()
    // What comes now would be cut, or delay the next leader.
    if (this.#handOver !== null && !this.#rules.writesWhileHandingOver) return this.#notLeader()
    if (this.#log.fault !== null) return { code: 'storage-error' }
    const refusal = allInSync ? leader.admits() : null
    if (refusal !== null) return refusal
    return this.#place(leader, batches, to)
  }

  /** Resolves with null once this replica has stored everything below `upTo`, or with why that will not be. */
  whenStored(upTo: Offset): Promise<AppendRefusal | null> {
    const add = (resolve: Settle): void => (this.#stored ??= new OffsetWaits()).add(upTo, resolve)
    return whenPast(upTo, this.#log.storedUpTo, { fault: this.#log.fault, add })
  }

  /** Resolves with null once everything below `upTo` is committed, or with why this replica cannot say so. */
  whenCommitted(upTo: Offset): Promise<AppendRefusal | null> {
    const leadership = this.#leadership
    if (leadership === null) return Promise.resolve(this.#notLeader())
    const add = (resolve: Settle): void => leadership.whenCommitted(upTo, resolve)
    return whenPast(upTo, leadership.leader.highWatermark, { fault: this.#log.fault, add })
  }

  /** Resolves with null once it is known that this replica still leads, as of now, or with why that is not so; maybe never. */
  whenProven(): Promise<AppendRefusal | null> {
    const leadership = this.#leadership
    if (leadership === null) return Promise.resolve(this.#notLeader())
    return new Promise((resolve) => leadership.prove(resolve))
  }

  read(request: ReadRequest): ReadAnswer | ReadRefusal {
    return readVisible(this.#log, this.readState, request)
  }

  /** The end of the log for a consumer that asks for `latest`. */
  latest(options: { committedTransactionsOnly: boolean }): Offset | ReadRefusal {
    return latestOf(this.#log, this.readState, options)
  }

  /** Null when the caller's epoch is this leader's (or not given). KIP-320. */
  checkEpoch(callers: LeaderEpoch): LeadershipRefusal | null {
    return epochFault(this.readState, callers, { mayBeNear: false })
  }

  /** As leader: the others in sync that have everything below `from`, and how far they are. */
  copiesFrom(from: Offset): readonly ReplicaCopy[] {
    return this.#leadership?.leader.copiesFrom(from) ?? []
  }

  /** Moves the log start to `offset` (null: the high watermark). Where it is then; files go once somebody has made it durable. */
  deleteBefore(offset: Offset | null): Offset | ReadRefusal {
    const moved = deleteVisible(this.#log, this.readState, offset)
    this.#leadership?.wake()
    return moved
  }

  /** Whoever decides on leaders has found that nobody has more: it counts again. */
  trust(): void {
    this.#suspect = false
    this.isUnderRepair = false
    this.#link?.trusted()
  }

  /** Nobody counts on this replica any more, durably: what is damaged of its log is cut off and fetched again, once it follows. */
  repair(): void {
    this.isUnderRepair = true
    this.#following?.repair()
  }

  /** Moves the log start past what the topic's retention has no use for (see `Log.expire`). Whether it has moved. */
  async expire(): Promise<boolean> {
    const moved = this.isSettled && (await expireLog(this, this.#clock.nowMs()))
    if (moved) this.#leadership?.wake()
    return moved
  }

  /** Calls `watcher` whenever the high watermark has moved or the leadership has changed, until unwatched. */
  watch(watcher: PartitionWatcher): void {
    this.#watchers.add(watcher)
  }

  unwatch(watcher: PartitionWatcher): void {
    this.#watchers.remove(watcher)
  }

  #place({ epoch }: Leader, batches: ValidatedBatches, to: ToQueue | null): Appended | AppendRefusal {
    const appended = placeBatches(this.#log, batches, { epoch, to })
    this.#leadership?.wake()
    return appended
  }

  #reconfigure(sets: ReplicaSets): void {
    this.#stepLeader({ type: 'reconfigured', commit: this.#scheme.commit, sets, nowMs: this.#clock.monotonicMs() })
    this.#leadership?.reconfigured()
  }

  /** A set was appended or cut, or the watermark has moved: whoever counts goes by what is in force now. */
  #votersMoved(): void {
    const inForce = this.voters
    if (inForce === null) return
    if (inForce !== this.#told) {
      this.#told = inForce
      this.#link?.voters(inForce.voters)
      this.#reconfigure(setsOf(inForce))
    }
    const isOut = !inForce.voters.some((voter) => isSameReplica(voter, this.self))
    if (this.leads && isOut && this.#highWatermark > inForce.offset) this.#link?.removed()
  }

  #newFollowing(): Following {
    const sink: FollowingSink = {
      fetch: (to, request) => this.#link?.fetch(to, request),
      throttle: () => (this.#inSync !== null && this.#isInSync ? null : this.#throttles.follower),
      advanceTo: (highWatermark) => this.#advanceTo(highWatermark),
      misled: (told) => {
        if (this.#scheme.elect === 'self') this.#link?.misled(told)
        return this.#scheme.elect === 'self'
      },
      trusted: () => this.trust(),
      voters: () => this.#voters,
      votersMoved: () => this.#votersMoved(),
      known: () => knownOfCut(this.#scheme, this.#highWatermark),
      cut: (at) => void (this.#highWatermark = Math.min(this.#highWatermark, at)),
    }
    const [log, clock, logger, rules] = [this.#log, this.#clock, this.#logger, this.#rules]
    const [receipts, snapshots] = [this.#receipts, this.#snapshots]
    const facts = { topic: this.topic, partition: this.partition }
    return new Following({ log, clock, logger, rules, facts, receipts, snapshots, sink })
  }

  /** Ends the role that it has, in favour of an epoch that is no lower. */
  #leave(epoch: LeaderEpoch, leader: BrokerId | null): void {
    invariant(epoch >= this.#epoch, 'a leader epoch goes back', { epoch, before: this.#epoch })
    const leadership = this.#leadership
    this.#epoch = epoch
    this.#knownLeader = leader
    this.#leadership = null
    this.#handOver = null
    this.#hasStrangers = false
    this.#following?.end()
    leadership?.end({ denies: (request) => this.#denies(request), refusal: this.#notLeader() })
  }

  get #past(): GroupsPast {
    return { snapshots: this.#snapshots, voters: this.#voters }
  }

  #denies(request: FetchRequest): FetchAnswer<never> {
    return notLeaderAnswer(request, { self: this.self.broker, epoch: this.#epoch, leader: this.#knownLeader })
  }

  /** What it is to consumers at the moment. Made as one object: put together of parts it took most of what fetches of thousands cost. */
  get readState(): ReadState {
    const leader = this.#leadership?.leader
    return {
      leads: leader !== undefined,
      isLed: this.#knownLeader !== null,
      isInTouch: this.#following?.isInTouch === true,
      isInSync: this.#isInSync,
      highWatermark: this.highWatermark,
      storedUpTo: this.#log.storedUpTo,
      epochStart: leader?.epochStart ?? 0,
      epoch: this.#epoch,
      knownLeader: this.#knownLeader,
      serve: this.#scheme.serve,
    }
  }

  #notLeader(): LeadershipRefusal {
    return { code: 'not-leader', leader: this.#knownLeader, epoch: this.#epoch }
  }

  stored(upTo: Offset): void {
    this.#stored?.advance(upTo)
    this.#stepLeader({ type: 'stored', upTo })
    this.#following?.stored(upTo)
  }

  flushed(): void {}

  damaged(): void {
    this.#suspect ||= this.#link !== null
    if (this.#link !== null) this.#following?.suspected()
    this.#link?.suspected()
    this.#tellDamaged(this)
  }

  failed(fault: DiskFault): void {
    this.#logger.error({ topic: this.topic, partition: this.partition, error: fault.message }, 'the disk failed')
    this.#stored?.refuseAll({ code: 'storage-error' })
    this.#leadership?.refuseAll({ code: 'storage-error' })
    this.#link?.failed()
    this.#watchers.wake()
  }

  #stepLeader(event: LeaderEvent): void {
    const leader = this.#leadership?.leader
    if (leader !== undefined) this.#apply(leader.step(event))
  }

  #apply(effects: LeaderEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'propose-in-sync') this.#inSync?.propose(this, effect.proposal)
      else {
        this.#leadership?.advanced(effect.to)
        this.#advanceTo(effect.to)
      }
    }
    this.#leadership?.wake()
    this.#handOver?.look(this)
  }

  #advanceTo(to: Offset): void {
    const from = this.#highWatermark
    invariant(to >= from, 'the high watermark goes back', { to, from })
    this.#highWatermark = to
    if (this.#voters !== null) this.#votersMoved()
    this.#log.queues?.watermarkReached(to)
    this.#watchers.wake()
  }
}
