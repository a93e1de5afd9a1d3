import type { Log } from '../log/log.ts'
import { LogReadFault } from '../log/log-faults.ts'
import { emptySlice, type LogSlice } from '../log/log-slice.ts'
import type { Offset } from '../record/offset.ts'
import type { FetchAnswer, FetchRequest } from '../replication/fetch.ts'
import type { BrokerId, ReplicaId } from '../replication/replica-id.ts'
import type { Clock } from '../runtime/clock.ts'
import { DiskFault } from '../runtime/disk.ts'
import type { CatchUpThrottle } from './catch-up-throttle.ts'
import type { FollowerState, FollowerStates } from './follower-states.ts'

/** Sends the answer; `sent` is called when its entries may be released, also if they never get through. */
export type AnswerFetch = (answer: FetchAnswer<readonly Uint8Array[]>, sent: () => void) => void

interface Parked {
  readonly request: FetchRequest
  readonly answer: AnswerFetch
  isReading: boolean
}

/** What every answer tells of the leader. */
interface LeaderFacts {
  readonly highWatermark: Offset
  readonly replicatedUpTo: Offset
  /** Whether it is in sync; null: the group has no in-sync set that changes. */
  isInSync(broker: BrokerId): boolean | null
}

/** What a follower was told last. */
interface Told {
  readonly highWatermark: Offset
  readonly replicatedUpTo: Offset
  readonly logStartOffset: Offset
  readonly logEndOffset: Offset
}

/** Those that an answer is due for without any news. */
export interface AwaitedAnswers {
  waitsFor(broker: BrokerId): boolean
  answered(broker: BrokerId): void
}

const nothingToRelease = (): void => {}

/**
 * The fetches that a leader has not answered yet, at most one of each follower. One is answered when there are entries
 * for it, or when the watermark or the log start has passed what that follower was told.
 */
export class ParkedFetches {
  readonly #log: Log
  readonly #clock: Clock
  readonly #bytesMax: number
  readonly #leader: LeaderFacts
  readonly #proofs: AwaitedAnswers
  readonly #followers: FollowerStates | null
  readonly #gone: (request: FetchRequest) => FetchAnswer<never>
  readonly #throttle: () => CatchUpThrottle | null
  readonly #copiesUpTo: () => Offset
  #isToWakeLater = false
  readonly #parked = new Map<BrokerId, Parked>()
  readonly #told = new Map<BrokerId, Told>()
  #isDue = false

  constructor(parts: {
    log: Log
    clock: Clock
    bytesMax: number
    leader: LeaderFacts
    proofs: AwaitedAnswers
    /** Null: nobody asks how far followers are. */
    followers: FollowerStates | null
    /** What whoever asks for what is not kept is told. */
    gone: (request: FetchRequest) => FetchAnswer<never>
    /** What holds back answers to followers that are far behind, at the moment. */
    throttle: () => CatchUpThrottle | null
    /** How far followers may copy the log. */
    copiesUpTo: () => Offset
  }) {
    this.#log = parts.log
    this.#clock = parts.clock
    this.#bytesMax = parts.bytesMax
    this.#leader = parts.leader
    this.#proofs = parts.proofs
    this.#followers = parts.followers
    this.#gone = parts.gone
    this.#throttle = parts.throttle
    this.#copiesUpTo = parts.copiesUpTo
  }

  /** How far each follower is; none where that is not noted. */
  followers(): FollowerState[] {
    return this.#followers?.at(this.#now) ?? []
  }

  add(replica: ReplicaId, request: FetchRequest, answer: AnswerFetch): void {
    this.#parked.set(replica.broker, { request, answer, isReading: false })
    this.#followers?.fetched(replica, request, this.#now)
    this.wake()
  }

  /** There is more in the log, or the watermark has moved. Answers go out after this turn, so that many appends share one. */
  wake(): void {
    if (this.#isDue || this.#parked.size === 0) return
    this.#isDue = true
    this.#clock.defer(() => {
      this.#isDue = false
      for (const [broker, parked] of [...this.#parked]) this.#answerIfDue(broker, parked)
    })
  }

  /** That follower is out of reach; it will ask anew. */
  forget(broker: BrokerId): void {
    this.#parked.delete(broker)
    this.#told.delete(broker)
    this.#followers?.disconnected(broker)
  }

  /** The leadership is over. */
  end(refuse: (request: FetchRequest) => FetchAnswer<readonly Uint8Array[]>): void {
    for (const { request, answer } of this.#parked.values()) answer(refuse(request), nothingToRelease)
    this.#parked.clear()
  }

  get #now(): { leaderEnd: Offset; nowMs: number } {
    return { leaderEnd: this.#log.logEndOffset, nowMs: this.#clock.monotonicMs() }
  }

  #answerIfDue(broker: BrokerId, parked: Parked): void {
    const { from } = parked.request
    const upTo = this.#copiesUpTo()
    const hasEntries = from < upTo
    if (parked.isReading || (!hasEntries && !this.#hasNewsFor(broker))) return
    // What it has asked for may have been deleted while it waited.
    if (from < this.#log.logStartOffset) return this.#refuse(broker, parked)
    if (!hasEntries) return this.#give(broker, parked, emptySlice(from))
    const throttle = this.#throttleFor(broker, from)
    const waitMs = throttle?.waitMs() ?? 0
    if (waitMs > 0) {
      this.#wakeLater(waitMs)
      return this.#proofs.waitsFor(broker) ? this.#give(broker, parked, emptySlice(from)) : undefined
    }
    const maxBytes = Math.min(this.#bytesMax, throttle?.pieceBytesMax ?? this.#bytesMax)
    const slice = this.#log.read({ from, upTo, maxBytes, minOneBatch: true })
    if (!(slice instanceof Promise)) return this.#give(broker, parked, slice)
    parked.isReading = true
    slice.then(
      // Another fetch of that follower, or the end of the leadership, may have come meanwhile.
      (read) => (this.#parked.get(broker) === parked ? this.#give(broker, parked, read) : read.release()),
      (error: unknown) => {
        // The log has told its owner. The follower waits until somebody else leads.
        if (!(error instanceof LogReadFault || error instanceof DiskFault)) throw error
      },
    )
  }

  /** A follower is far behind that is out of sync, or, where nobody is, that lacks what was there at its fetch before. */
  #throttleFor(broker: BrokerId, from: Offset): CatchUpThrottle | null {
    const throttle = this.#throttle()
    if (throttle === null) return null
    const keepsPace = this.#leader.isInSync(broker) ?? from >= (this.#told.get(broker)?.logEndOffset ?? 0)
    return keepsPace ? null : throttle
  }

  #wakeLater(afterMs: number): void {
    if (this.#isToWakeLater) return
    this.#isToWakeLater = true
    this.#clock.setTimer(afterMs, () => {
      this.#isToWakeLater = false
      this.wake()
    })
  }

  #hasNewsFor(broker: BrokerId): boolean {
    if (this.#proofs.waitsFor(broker)) return true
    const told = this.#told.get(broker)
    if (told === undefined || this.#leader.highWatermark > told.highWatermark) return true
    // A replica has begun anew: what it does not have yet must be kept for it.
    if (this.#leader.replicatedUpTo < told.replicatedUpTo) return true
    return this.#log.logStartOffset > told.logStartOffset
  }

  #refuse(broker: BrokerId, { request, answer }: Parked): void {
    this.#parked.delete(broker)
    this.#proofs.answered(broker)
    answer(this.#gone(request), nothingToRelease)
  }

  #give(broker: BrokerId, { request, answer }: Parked, slice: LogSlice): void {
    const { epoch, from } = request
    const { highWatermark, replicatedUpTo } = this.#leader
    const { logStartOffset, logEndOffset } = this.#log
    this.#parked.delete(broker)
    this.#proofs.answered(broker)
    if (slice.bytes > 0) this.#throttleFor(broker, from)?.moved(slice.bytes)
    const told = { highWatermark, replicatedUpTo, logStartOffset, logEndOffset }
    this.#told.set(broker, told)
    const compactedUpTo = this.#log.cleanedUpTo ?? 0
    const given = { epoch, from, outcome: 'entries', ...told, compactedUpTo, entries: slice.buffers } as const
    answer(given, () => slice.release())
  }
}
