import type { Log } from '../log/log.ts'
import { LogAppendFault, LogReadFault } from '../log/log-faults.ts'
import type { PlannedCut, ReplicaReceipts } from '../receipt/cut-receipts.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { FetchAnswer, FetchRequest } from '../replication/fetch.ts'
import { Follower, type FollowerEvent } from '../replication/follower.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { ReplicationRules } from '../replication/rules.ts'
import type { Clock } from '../runtime/clock.ts'
import { DiskFault } from '../runtime/disk.ts'
import { invariant } from '../runtime/invariant.ts'
import type { Logger } from '../runtime/logger.ts'

/** What a replica that follows tells of itself, and how it reaches its leader. */
export interface FollowingSink {
  fetch(to: BrokerId, request: FetchRequest): void
  advanceTo(highWatermark: Offset): void
  /** Whom it follows does not lead: what that one knows instead. True: nobody but its group tells it more. */
  misled(told: { followed: LeaderEpoch; epoch: LeaderEpoch; leader: BrokerId | null }): boolean
  /** It has all that its leader had when it first answered. */
  trusted(): void
  /** The log is shorter than it was, and may be so below what was known to be committed. */
  cut(): void
  /** What it knows of the records that are to be cut. */
  known(): Pick<PlannedCut, 'watermark' | 'aboveAs'>
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
  #follower: Follower | null = null
  #cutting: Promise<void> | null = null

  constructor(parts: {
    log: Log
    clock: Clock
    logger: Logger
    rules: ReplicationRules
    /** Which partition, for the log lines. */
    facts: object
    receipts: ReplicaReceipts
    sink: FollowingSink
  }) {
    this.#log = parts.log
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#rules = parts.rules
    this.#facts = parts.facts
    this.#receipts = parts.receipts
    this.#sink = parts.sink
  }

  get isCutting(): boolean {
    return this.#cutting !== null
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
  }

  answered(from: BrokerId, answer: FetchAnswer): void {
    const follower = this.#follower
    if (follower?.leader === from) this.#carryOut(follower, { type: 'answered', answer })
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

  stored(upTo: Offset): void {
    if (this.#follower !== null) this.#carryOut(this.#follower, { type: 'stored', upTo })
  }

  #carryOut(follower: Follower, event: FollowerEvent): void {
    for (const effect of follower.step(event)) {
      switch (effect.type) {
        case 'fetch':
          this.#sink.fetch(effect.to, effect.request)
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
        case 'restart':
          this.#cutting = this.#cut(follower, { at: this.#log.logStartOffset, beginsAnewAt: effect.at })
          break
        case 'advance-log-start':
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

  #append(follower: Follower, entries: Uint8Array): void {
    try {
      this.#log.appendReplicated(entries)
    } catch (error) {
      if (!(error instanceof LogAppendFault || error instanceof LogReadFault)) throw error
      const facts = { ...this.#facts, error: error.message }
      this.#logger.warn(facts, 'what the leader has sent cannot be stored; it is asked again')
      this.#again(follower, fetchAgainMs, { type: 'stored', upTo: this.#log.storedUpTo })
    }
  }

  #again(follower: Follower, afterMs: number, event: FollowerEvent): void {
    this.#clock.setTimer(afterMs, () => {
      if (this.#follower === follower && this.#log.fault === null) this.#carryOut(follower, event)
    })
  }

  async #cut(follower: Follower, what: Pick<PlannedCut, 'at' | 'beginsAnewAt'>): Promise<void> {
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
    this.#sink.cut()
    if (this.#follower === follower) this.#carryOut(follower, { type: 'cut' })
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
    this.#sink.cut()
    if (this.#follower === follower) this.#carryOut(follower, { type: 'cut' })
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
