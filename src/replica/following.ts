import type { Log } from '../log/log.ts'
import { LogAppendFault, LogReadFault } from '../log/log-faults.ts'
import type { PlannedCut, ReplicaReceipts } from '../receipt/cut-receipts.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { FetchAnswer, FetchRequest } from '../replication/fetch.ts'
import { Follower, type FollowerEvent } from '../replication/follower.ts'
import type { BrokerId, ReplicaId } from '../replication/replica-id.ts'
import type { ReplicationRules } from '../replication/rules.ts'
import type { Clock } from '../runtime/clock.ts'
import { DiskFault } from '../runtime/disk.ts'
import { invariant } from '../runtime/invariant.ts'
import type { Logger } from '../runtime/logger.ts'
import type { GroupVoters } from './group-voters.ts'
import { hasControl, votersIn } from './voters-record.ts'
import type { SnapshotId } from '../replication/snapshot-id.ts'
import type { CatchUpThrottle } from './catch-up-throttle.ts'
import type { GroupSnapshots } from './group-snapshots.ts'

/** What a replica that follows tells of itself, and how it reaches its leader. */
export interface FollowingSink {
  fetch(to: BrokerId, request: FetchRequest): void
  /** What holds it back while it is far behind; null: nothing does, or it is in sync. */
  throttle(): CatchUpThrottle | null
  advanceTo(highWatermark: Offset): void
  /** Whom it follows does not lead: what that one knows instead. True: nobody but its group tells it more. */
  misled(told: { followed: LeaderEpoch; epoch: LeaderEpoch; leader: BrokerId | null }): boolean
  /** It has all that its leader had when it first answered. */
  trusted(): void
  /** Null: the group's voters are none of its log's. */
  voters(): GroupVoters | null
  /** Another voter set may be in force. */
  votersMoved(): void
  /** What it knows of the records that are to be cut. */
  known(): Pick<PlannedCut, 'watermark' | 'aboveAs'>
  /** What was here from this offset on is gone, whatever was known of it. */
  cut(at: Offset): void
}

/** How long a follower waits when its disk is behind, or its leader does not know yet that it leads. */
const fetchAgainMs = 50
/** And when no receipt can be written of what is to be cut. */
const cutAgainMs = 1_000

/** A replica's work on its log while it follows: fetches, stores and cuts what the follower's core says. */
export class Following {
  readonly #log: Log
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #facts: object
  readonly #sink: FollowingSink
  readonly #rules: ReplicationRules
  readonly #receipts: ReplicaReceipts
  /** The highest end of its log that each leader has shown. */
  readonly #shown = new Map<BrokerId, Offset>()
  readonly #snapshots: GroupSnapshots | null
  #follower: Follower | null = null
  #cutting: Promise<void> | null = null
  /** Who votes where the leader's log begins, as it has told last. */
  #restartVoters: readonly ReplicaId[] | null = null
  #isInTouch = false
  /** The leader had more than it has sent last: with that it counts. */
  #isBehind = false

  constructor(parts: {
    log: Log
    clock: Clock
    logger: Logger
    rules: ReplicationRules
    /** Which partition, for the log lines. */
    facts: object
    receipts: ReplicaReceipts
    sink: FollowingSink
    /** Null: what is below the log start is gone. */
    snapshots: GroupSnapshots | null
  }) {
    this.#log = parts.log
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#rules = parts.rules
    this.#facts = parts.facts
    this.#receipts = parts.receipts
    this.#sink = parts.sink
    this.#snapshots = parts.snapshots
  }

  get isCutting(): boolean {
    return this.#cutting !== null
  }

  /** The highest end of its log that `leader` has shown; null: it has not, to this process. */
  endShownBy(leader: BrokerId): Offset | null {
    return this.#shown.get(leader) ?? null
  }

  /** Everything below is on all of the group's replicas, as far as its leader has told in this epoch. */
  get replicatedUpTo(): Offset {
    return this.#follower?.replicatedUpTo ?? 0
  }

  /** The leader has answered, in this epoch and over a stream that is open. */
  get isInTouch(): boolean {
    return this.#isInTouch && this.#cutting === null
  }

  /** Resolves when the log is not being cut. */
  async settled(): Promise<void> {
    while (this.#cutting !== null) await this.#cutting
  }

  begin(start: {
    epoch: LeaderEpoch
    leader: BrokerId
    highWatermark: Offset
    suspect: boolean
    mayRepair: boolean
  }): void {
    invariant(this.#cutting === null, 'a log that is being cut changes its leader', { epoch: start.epoch })
    this.#follower = new Follower({ ...start, log: this.#log, rules: this.#rules })
    this.#carryOut(this.#follower, { type: 'reachable' })
  }

  /** A cut that is under way ends by itself. */
  end(): void {
    this.#follower = null
    this.#isInTouch = false
  }

  answered(from: BrokerId, answer: FetchAnswer): void {
    const follower = this.#follower
    if (answer.outcome === 'gone') this.#restartVoters = answer.voters
    if (follower?.leader !== from) return
    if (answer.outcome === 'entries') this.#shown.set(from, Math.max(answer.logEndOffset, this.#shown.get(from) ?? 0))
    if (answer.epoch === follower.epoch) this.#isInTouch = answer.outcome === 'entries'
    this.#carryOut(follower, { type: 'answered', answer })
    if (answer.outcome !== 'entries') return
    this.#isBehind = answer.logEndOffset > this.#log.logEndOffset
    if (this.#isBehind) this.#sink.throttle()?.moved(answer.entries.length)
  }

  connected(broker: BrokerId): void {
    const follower = this.#follower
    if (follower?.leader === broker) this.#carryOut(follower, { type: 'reachable' })
  }

  /** Its fetches acknowledge nothing from now on. */
  suspected(): void {
    if (this.#follower !== null) this.#carryOut(this.#follower, { type: 'suspected' })
  }

  repair(): void {
    if (this.#follower !== null) this.#carryOut(this.#follower, { type: 'repair' })
  }

  /** Whether it was in touch with that broker as its leader, and is no more. */
  disconnected(broker: BrokerId): boolean {
    const wasInTouch = this.#isInTouch && this.#follower?.leader === broker
    if (wasInTouch) this.#isInTouch = false
    return wasInTouch
  }

  stored(upTo: Offset): void {
    if (this.#follower !== null) this.#carryOut(this.#follower, { type: 'stored', upTo })
  }

  #carryOut(follower: Follower, event: FollowerEvent): void {
    for (const effect of follower.step(event)) {
      switch (effect.type) {
        case 'fetch':
          this.#fetch(follower, effect.to, effect.request)
          break
        case 'append':
          this.#append(follower, effect.entries)
          break
        case 'cut':
          this.#cutting = this.#cut(follower, { at: effect.to, beginsAnewAt: null })
          break
        case 'cut-damage':
          this.#cutting = this.#cutDamage(follower, effect.to)
          break
        case 'restart': {
          const { at: beginsAnewAt, epochBelow } = effect
          this.#cutting = this.#cut(follower, { at: this.#log.logStartOffset, beginsAnewAt, epochBelow })
          break
        }
        case 'fetch-snapshot':
          void this.#fetchSnapshot(follower, effect.from, effect.id)
          break
        case 'advance-log-start':
          // Its own snapshots say from where on it needs entries.
          if (this.#snapshots !== null) break
          // Its files go when retention comes by next, and has made the new start durable.
          this.#log.moveLogStart(Math.min(effect.to, this.#log.logEndOffset))
          break
        case 'advance-high-watermark':
          this.#sink.advanceTo(effect.to)
          break
        case 'trust':
          this.#sink.trusted()
          break
        case 'misled': {
          const { epoch, leader } = effect
          // One of the two has not heard yet who leads now: whoever decided on it tells both.
          const isTold = this.#sink.misled({ followed: follower.epoch, epoch, leader })
          if (!isTold) this.#again(follower, fetchAgainMs, { type: 'reachable' })
          break
        }
        default:
          effect satisfies never
      }
    }
  }

  #fetch(follower: Follower, to: BrokerId, request: FetchRequest): void {
    const waitMs = this.#isBehind ? (this.#sink.throttle()?.waitMs() ?? 0) : 0
    if (waitMs === 0) return this.#sink.fetch(to, request)
    this.#again(follower, waitMs, { type: 'reachable' })
  }

  #append(follower: Follower, entries: Uint8Array): void {
    const voters = this.#sink.voters()
    if (voters === null || !hasControl(entries)) return this.#store(follower, entries)
    // They are being stored already: the stream was new meanwhile.
    if (this.#cutting !== null)
      return this.#again(follower, fetchAgainMs, { type: 'stored', upTo: this.#log.storedUpTo })
    this.#cutting = this.#storeWithVoters(follower, entries, voters)
  }

  /** Where a start has to look for a voter set is on the disk before the set is in the log. */
  async #storeWithVoters(follower: Follower, entries: Uint8Array, voters: GroupVoters): Promise<void> {
    try {
      const sets = await votersIn(entries)
      if (sets.length > 0) await voters.begin(this.#log.logEndOffset)
      if (this.#follower !== follower) return
      this.#store(follower, entries)
      const [first] = sets
      if (first === undefined || first.offset >= this.#log.logEndOffset) return
      voters.appended(sets)
      this.#sink.votersMoved()
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error
      this.#again(follower, fetchAgainMs, { type: 'stored', upTo: this.#log.storedUpTo })
    } finally {
      this.#cutting = null
    }
  }

  #store(follower: Follower, entries: Uint8Array): void {
    try {
      this.#log.appendReplicated(entries)
    } catch (error) {
      if (!(error instanceof LogAppendFault || error instanceof LogReadFault)) throw error
      const facts = { ...this.#facts, error: error.message }
      this.#logger.warn(facts, 'what the leader has sent cannot be stored; it is asked again')
      this.#again(follower, fetchAgainMs, { type: 'stored', upTo: this.#log.storedUpTo })
    }
  }

  async #fetchSnapshot(follower: Follower, from: BrokerId, id: SnapshotId): Promise<void> {
    const isHere = (await this.#snapshots?.fetch(from, id)) === true
    const event = { type: 'snapshot', id, isHere } as const
    if (!isHere) return this.#again(follower, fetchAgainMs, event)
    if (this.#follower === follower) this.#carryOut(follower, event)
  }

  #again(follower: Follower, afterMs: number, event: FollowerEvent): void {
    this.#clock.setTimer(afterMs, () => {
      if (this.#follower === follower && this.#log.fault === null) this.#carryOut(follower, event)
    })
  }

  async #cut(follower: Follower, what: Pick<PlannedCut, 'at' | 'beginsAnewAt' | 'epochBelow'>): Promise<void> {
    const { logStartOffset, logEndOffset } = this.#log
    const { leader, epoch: leaderEpoch } = follower
    const { watermark, aboveAs } = this.#sink.known()
    // What lies below the watermark its leader has had, and has removed since.
    const at = what.beginsAnewAt === null ? what.at : Math.max(what.at, watermark ?? what.at)
    this.#logger.info(
      { ...this.#facts, logStartOffset, logEndOffset, ...what },
      'the log is cut: its leader has something else there',
    )
    try {
      await this.#receipts.cut(
        this.#log,
        { ...what, at, watermark, aboveAs, leader, leaderEpoch },
        this.#rules.receipts,
      )
    } catch (error) {
      if (!(error instanceof DiskFault || error instanceof LogReadFault)) throw error
      return this.#notCut(follower, error)
    } finally {
      this.#cutting = null
    }
    this.#isCut(follower, what.beginsAnewAt !== null)
  }

  /** What goes its leader has: there is nothing to be written down. */
  async #cutDamage(follower: Follower, to: Offset): Promise<void> {
    const { logStartOffset, logEndOffset } = this.#log
    const facts = { ...this.#facts, logStartOffset, logEndOffset, to }
    this.#logger.warn(facts, 'the log is cut where it is damaged, and fetched again from there')
    try {
      await this.#log.truncateTo(to)
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error
      // The log has failed, and told so.
      return
    } finally {
      this.#cutting = null
    }
    this.#isCut(follower, false)
  }

  #isCut(follower: Follower, beginsAnew: boolean): void {
    this.#votersCut(beginsAnew)
    this.#sink.cut(this.#log.logEndOffset)
    if (this.#follower === follower) this.#carryOut(follower, { type: 'cut' })
  }

  /** The voter sets of what is gone count no more. */
  #votersCut(beginsAnew: boolean): void {
    const voters = this.#sink.voters()
    if (voters === null) return
    if (beginsAnew && this.#restartVoters !== null) voters.restarted(this.#restartVoters)
    else if (!voters.truncated(this.#log.logEndOffset)) return
    this.#sink.votersMoved()
  }

  #notCut(follower: Follower, { message }: Error): void {
    // It has told so, and takes nothing more.
    if (this.#log.fault !== null) return
    this.#logger.error({ ...this.#facts, error: message }, 'no receipt can be written of a cut, which waits for it')
    if (this.#follower !== follower) return
    this.#carryOut(follower, { type: 'uncut' })
    this.#again(follower, cutAgainMs, { type: 'reachable' })
  }
}
