import { asBuffer } from '../codec/as-buffer.ts'
import { baseOffsetOf } from '../record/batch-header.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import { invariant } from '../runtime/invariant.ts'
import type { EpochEnds } from './divergence.ts'
import type { FetchAnswer, FetchedEntries, FetchRequest } from './fetch.ts'
import type { BrokerId } from './replica-id.ts'
import type { ReplicationRules } from './rules.ts'
import type { SnapshotId } from './snapshot-id.ts'

/** The follower's log, as the core looks at it. */
export interface FollowerLog {
  readonly logStartOffset: Offset
  readonly logEndOffset: Offset
  readonly storedUpTo: Offset
  readonly lastEpoch: LeaderEpoch
  readonly epochs: EpochEnds
  /** The first offset at or above `at` that cannot be read; null: all can. */
  damagedFrom(at: Offset): Offset | null
}

export type FollowerEvent =
  /** Its leader can be asked: at the beginning, and whenever the way there is open again. */
  | { type: 'reachable' }
  | { type: 'answered'; answer: FetchAnswer }
  /** Its own log is stored up to here. */
  | { type: 'stored'; upTo: Offset }
  /** The cut or restart that was asked for is done. */
  | { type: 'cut' }
  /** Its log turned out to be damaged. */
  | { type: 'suspected' }
  /** Nobody counts on this copy: what is damaged may be cut off. */
  | { type: 'repair' }
  /** The snapshot that was asked for is here, whole and durable; or it cannot be had from this leader now. */
  | { type: 'snapshot'; id: SnapshotId; isHere: boolean }
  /** It cannot be done now, and the log is what it was. */
  | { type: 'uncut' }

export type FollowerEffect =
  | { type: 'fetch'; to: BrokerId; request: FetchRequest }
  | { type: 'append'; entries: Uint8Array }
  /** Cut the log at `to`; nothing may be appended meanwhile. Ends with the event `cut`. */
  | { type: 'cut'; to: Offset }
  /** Cut the log at `to`, where it is damaged or has something that was deleted: the leader has all that is to stay. Ends as `cut` does. */
  | { type: 'cut-damage'; to: Offset }
  /**
   * Drop the whole log and begin anew at `at`, behind an entry of `epochBelow` (-1: nothing tells); nothing may be appended
   * meanwhile. Ends with the event `cut`.
   */
  | { type: 'restart'; at: Offset; epochBelow: LeaderEpoch }
  /** Get that snapshot; the log stays as it is. Ends with the event `snapshot`. */
  | { type: 'fetch-snapshot'; from: BrokerId; id: SnapshotId }
  | { type: 'advance-high-watermark'; to: Offset }
  /** The leader keeps nothing below. */
  | { type: 'advance-log-start'; to: Offset }
  /** A suspect replica has all that its leader had when it first answered: what it may have acknowledged is in that. */
  | { type: 'trust' }
  /** Whom it follows does not lead (any more). */
  | { type: 'misled'; epoch: LeaderEpoch; leader: BrokerId | null }

/**
 * A follower in one epoch: fetches what comes next, stores it, and cuts what its leader does not have. Sans-IO; a new
 * epoch is a new object.
 *
 * idle → fetching (reachable) → storing (entries) → fetching (stored)
 *                             → cutting (diverging, gone, a batch that begins before this log) → fetching, storing (cut)
 *                             → cutting (its log is damaged, and this leader has answered) → fetching (cut)
 *                             → fetching a snapshot (gone) → cutting (it is here), fetching (it is not to be had)
 *                                                                                           → idle (uncut)
 *                             → idle (not the leader) → fetching (reachable)
 */
export class Follower {
  readonly epoch: LeaderEpoch
  readonly leader: BrokerId
  readonly #log: FollowerLog
  readonly #rules: Pick<ReplicationRules, 'cutFor'>
  #state: 'idle' | 'fetching' | 'storing' | 'cutting' | 'fetching a snapshot' = 'idle'
  /** From where the outstanding fetch asks. */
  #from: Offset = -1
  #highWatermark: Offset
  #suspect: boolean
  #mayRepair: boolean
  /** What the leader has said last, in this epoch. */
  #leaderWatermark: Offset = -1
  #replicatedUpTo: Offset = 0
  /** Where its log ended when it first answered, in this epoch and since a damage was cut off; null: it has not. */
  #leaderEnd: Offset | null = null
  /** Where its log begins. */
  #leaderStart: Offset = 0
  /** Entries that wait for the log to begin anew where they do. */
  #held: FetchedEntries | null = null

  constructor(start: {
    epoch: LeaderEpoch
    leader: BrokerId
    log: FollowerLog
    highWatermark: Offset
    suspect: boolean
    mayRepair: boolean
    rules: Pick<ReplicationRules, 'cutFor'>
  }) {
    this.epoch = start.epoch
    this.leader = start.leader
    this.#log = start.log
    this.#highWatermark = start.highWatermark
    this.#suspect = start.suspect
    this.#mayRepair = start.mayRepair
    this.#rules = start.rules
  }

  get highWatermark(): Offset {
    return this.#highWatermark
  }

  /** Everything below is on all of the group's replicas, as the leader has told last in this epoch. */
  get replicatedUpTo(): Offset {
    return this.#replicatedUpTo
  }

  /** It asks nobody: whom it asked does not lead. */
  get isIdle(): boolean {
    return this.#state === 'idle'
  }

  step(event: FollowerEvent): FollowerEffect[] {
    switch (event.type) {
      case 'reachable':
        return this.#state === 'idle' || this.#state === 'fetching' ? this.#fetchOnceStored() : []
      case 'answered':
        return this.#onAnswer(event.answer)
      case 'stored':
        return this.#state === 'storing' ? this.#fetchOnceStored() : []
      case 'cut':
        invariant(this.#state === 'cutting', 'a cut that nobody asked for', { state: this.#state })
        // A damage lies anywhere, and one that was elected without being in sync lacks what was committed.
        this.#highWatermark = Math.min(this.#highWatermark, this.#log.logEndOffset)
        return this.#held === null ? this.#fetchOnceStored() : this.#appendHeld(this.#held)
      case 'suspected':
        this.#suspect = true
        // What it has asked before has acknowledged what it may not have any more.
        return this.#state === 'fetching' ? this.#fetchOnceStored() : []
      case 'repair':
        this.#mayRepair = true
        return this.#state === 'fetching' ? this.#fetchOnceStored() : []
      case 'snapshot':
        return this.#onSnapshot(event)
      case 'uncut':
        invariant(this.#state === 'cutting', 'a cut that nobody asked for', { state: this.#state })
        this.#held = null
        this.#state = 'idle'
        return []
      default:
        return event satisfies never
    }
  }

  /** A fetch acknowledges all below its offset: so all of that is stored before it goes out. */
  #fetchOnceStored(): FollowerEffect[] {
    const { logStartOffset, logEndOffset, storedUpTo, lastEpoch } = this.#log
    this.#state = storedUpTo < logEndOffset ? 'storing' : 'fetching'
    if (this.#state === 'storing') return []
    const damaged = this.#leaderEnd === null ? null : this.#toBeCut()
    if (damaged !== null) return this.#cutDamage(damaged)
    this.#from = logEndOffset
    const effects = this.#advance(logEndOffset)
    const request = { epoch: this.epoch, from: logEndOffset, lastEpoch, suspect: this.#suspect, logStartOffset }
    return [...effects, { type: 'fetch', to: this.leader, request }]
  }

  #onAnswer(answer: FetchAnswer): FollowerEffect[] {
    // Late, or an answer to a fetch that was sent again: the one that is outstanding is answered by itself.
    if (this.#state !== 'fetching' || answer.epoch !== this.epoch || answer.from !== this.#from) return []
    switch (answer.outcome) {
      case 'entries':
        // The leader has found this log to be a beginning of its own: now its watermark holds here as well.
        return this.#onEntries(answer)
      case 'diverging':
        this.#state = 'cutting'
        return [{ type: 'cut', to: this.#rules.cutFor(answer.end, this.#log) }]
      case 'gone':
        if (answer.snapshot === null) return this.#restart(answer.logStartOffset, -1)
        this.#state = 'fetching a snapshot'
        return [{ type: 'fetch-snapshot', from: this.leader, id: answer.snapshot }]
      case 'not-leader':
        this.#state = 'idle'
        return [{ type: 'misled', epoch: answer.knownEpoch, leader: answer.leader }]
      default:
        return answer satisfies never
    }
  }

  #onEntries(answer: FetchAnswer & FetchedEntries): FollowerEffect[] {
    this.#leaderWatermark = answer.highWatermark
    this.#replicatedUpTo = answer.replicatedUpTo
    // What it has lost may have held a tombstone that the leader does not keep any more: what that had deleted would stay.
    const mayLack = this.#suspect && this.#leaderEnd === null && answer.compactedUpTo > answer.from
    this.#leaderEnd ??= answer.logEndOffset
    this.#leaderStart = answer.logStartOffset
    const { logStartOffset, entries } = answer
    const advance: FollowerEffect = { type: 'advance-log-start', to: logStartOffset }
    const start: FollowerEffect[] = logStartOffset > this.#log.logStartOffset ? [advance] : []
    const damaged = this.#toBeCut()
    if (damaged !== null) return [...start, ...this.#cutDamage(damaged)]
    const ownStart = this.#log.logStartOffset
    if (mayLack && ownStart < answer.from && this.#log.damagedFrom(ownStart) === null) return this.#cutDamage(ownStart)
    if (entries.length === 0) return [...start, ...this.#fetchOnceStored()]
    const base = baseOffsetOf(asBuffer(entries), 0)
    if (base < answer.from) {
      // The leader's log start lies within this batch, and here is nothing yet: the log begins where the batch does.
      this.#held = answer
      return this.#restart(base, -1)
    }
    this.#state = 'storing'
    return [...start, ...this.#advance(answer.from), { type: 'append', entries }]
  }

  /** Where its log is damaged, if that may be cut off; nothing is, below where the leader's log begins. */
  #toBeCut(): Offset | null {
    const start = Math.max(this.#log.logStartOffset, this.#leaderStart)
    return this.#mayRepair ? this.#log.damagedFrom(start) : null
  }

  /** The leader, which has answered, has all that this replica counts for: what is cut off comes back by the next fetches. */
  #cutDamage(at: Offset): FollowerEffect[] {
    this.#state = 'cutting'
    this.#leaderEnd = null
    return [{ type: 'cut-damage', to: at }]
  }

  #onSnapshot({ id, isHere }: FollowerEvent & { type: 'snapshot' }): FollowerEffect[] {
    invariant(this.#state === 'fetching a snapshot', 'a snapshot that nobody asked for', { state: this.#state })
    return isHere ? this.#restart(id.endOffset, id.epoch) : this.#fetchOnceStored()
  }

  #restart(at: Offset, epochBelow: LeaderEpoch): FollowerEffect[] {
    this.#state = 'cutting'
    return [{ type: 'restart', at, epochBelow }]
  }

  #appendHeld({ entries, logStartOffset }: FetchedEntries): FollowerEffect[] {
    this.#held = null
    this.#state = 'storing'
    return [
      { type: 'append', entries },
      { type: 'advance-log-start', to: logStartOffset },
    ]
  }

  /** Up to what is here: what lies beyond is committed, but not this replica's to show. */
  #advance(upTo: Offset): FollowerEffect[] {
    const reached = Math.min(this.#leaderWatermark, upTo)
    const effects: FollowerEffect[] = []
    // Never backwards: consumers may have read what lies below it.
    if (reached > this.#highWatermark) {
      this.#highWatermark = reached
      effects.push({ type: 'advance-high-watermark', to: reached })
    }
    const hasAll = this.#leaderEnd !== null && upTo >= this.#leaderEnd
    if (this.#suspect && hasAll && this.#log.damagedFrom(this.#log.logStartOffset) === null) {
      this.#suspect = false
      effects.push({ type: 'trust' })
    }
    return effects
  }
}
