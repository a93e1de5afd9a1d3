import type { AbortedTransaction } from '../log/aborted-transaction.ts'
import { LogReadFault } from '../log/log-faults.ts'
import type { LogSlice } from '../log/log-slice.ts'
import type { ReadMemory } from '../log/read-memory.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { ReadAnswer } from '../replica/reads.ts'
import type { ReadRefusal } from '../replica/refusal.ts'
import type { ServedPartition } from '../replica/served-partition.ts'
import type { Clock } from '../runtime/clock.ts'
import { DiskFault } from '../runtime/disk.ts'

/** What is wanted of one partition. */
interface ReadWish {
  readonly from: Offset
  readonly maxBytes: number
  readonly leaderEpoch: LeaderEpoch
}

/** One partition that a consumer wants to read, in the order in which it wants them served. Each replica stands once. */
export interface ReadTarget {
  readonly replica: ServedPartition
  readonly wish: ReadWish
}

/** What reads are counted in, and a place in the queue for more of it. */
export interface WaitingMemory extends ReadMemory {
  /** Calls `again` once so many bytes are kept for the next `take`. */
  wait(bytes: number, again: () => void): void
  /** Waits no longer, and gives back what was kept. */
  forget(): void
}

export interface ReadLimits {
  /** Wait until so many bytes are there, */
  readonly minBytes: number
  /** but no longer than this. */
  readonly maxWaitMs: number
  readonly maxBytes: number
  readonly committedTransactionsOnly: boolean
  /** The consumer may have been sent to a replica because it is near. Default false. */
  readonly mayBeNear?: boolean
  readonly memory: WaitingMemory
}

export type PartitionRead =
  | (Omit<ReadAnswer, 'slice' | 'abortedUpTo'> & {
      readonly slice: LogSlice | null
      /** Transactions aborted within the slice's range. */
      readonly aborted: readonly AbortedTransaction[]
    })
  | ReadRefusal

/** The answers, in the order of the targets. Every slice in them must be released. */
export interface ReadResult {
  readonly partitions: readonly PartitionRead[]
  readonly bytes: number
}

/**
 * Reads several partitions at once, and waits for more if there is less than the caller wants. While it waits it holds
 * no buffers: what it had found is released and read again at the end. Only partitions that have moved, or had
 * something, are looked at again, so that a wait on thousands of idle ones costs nothing when one of them moves.
 * Where memory is short it gives less than was asked for, and waits for memory only while it has nothing at all: who
 * waits holds nothing that another waits for.
 */
export class WaitingRead {
  readonly #clock: Clock
  readonly #targets: readonly ReadTarget[]
  readonly #limits: ReadLimits
  readonly #results: (PartitionRead | null)[]
  // Null: all of them.
  #toRead: Set<number> | null = null
  #indices: Map<ServedPartition, number> | null = null
  #refused = false
  #wake: (() => void) | null = null
  #roomCame: (() => void) | null = null
  /** What the memory has refused to the read at hand; 0: nothing. */
  #refusedBytes = 0
  /** What the last attempt lacked to read on; 0: nothing. */
  #lackedBytes = 0
  readonly #memory: ReadMemory
  #moved = false
  #over = false
  #abandoned = false

  constructor(clock: Clock, targets: readonly ReadTarget[], limits: ReadLimits) {
    this.#clock = clock
    this.#targets = targets
    this.#limits = limits
    this.#results = targets.map(() => null)
    const { memory } = limits
    this.#memory = {
      take: (least, wanted) => {
        const taken = memory.take(least, wanted)
        if (taken === 0) this.#refusedBytes = least
        return taken
      },
      give: (bytes) => memory.give(bytes),
    }
  }

  /** Ends the wait now; what there is will be answered. */
  cancel(): void {
    this.#over = true
    this.#wake?.()
    this.#roomCame?.()
  }

  /** Ends it without an answer, for a caller that is gone: many that go at once must not make for so many more reads. */
  abandon(): void {
    this.#abandoned = true
    this.cancel()
  }

  /** Null: it was abandoned, and nothing is to be released. */
  async run(): Promise<ReadResult | null> {
    const first = await this.#attempt()
    if (this.#enough(first)) return this.#result(first)
    const timer = this.#clock.setTimer(this.#limits.maxWaitMs, () => this.cancel())
    this.#watch()
    let bytes = first
    try {
      for (;;) {
        this.#releaseAll()
        if (!this.#over) await this.#woken()
        bytes = await this.#attempt()
        if (this.#over || this.#enough(bytes)) return this.#result(bytes)
      }
    } finally {
      timer.cancel()
      this.#unwatch()
    }
  }

  #enough(bytes: number): boolean {
    const { minBytes, maxWaitMs } = this.#limits
    return bytes >= minBytes || maxWaitMs <= 0 || this.#over || this.#lackedBytes > 0 || this.#refused
  }

  #result(bytes: number): ReadResult | null {
    if (this.#abandoned) {
      this.#releaseAll()
      return null
    }
    return { partitions: this.#results as PartitionRead[], bytes }
  }

  async #attempt(): Promise<number> {
    for (;;) {
      const bytes = await this.#readAll()
      if (bytes > 0 || this.#lackedBytes === 0 || this.#over) return bytes
      await this.#roomFor(this.#lackedBytes)
    }
  }

  #roomFor(bytes: number): Promise<void> {
    const { memory } = this.#limits
    return new Promise((resolve) => {
      this.#roomCame = () => {
        this.#roomCame = null
        if (this.#over) memory.forget()
        resolve()
      }
      memory.wait(bytes, this.#roomCame)
    })
  }

  async #readAll(): Promise<number> {
    const indices = this.#toRead === null ? this.#targets.keys() : [...this.#toRead].sort((a, b) => a - b)
    const next = new Set<number>()
    this.#toRead = next
    this.#moved = false
    this.#lackedBytes = 0
    let bytes = 0
    for (const index of indices) {
      if (this.#abandoned) break
      this.#refusedBytes = 0
      const reading = this.#readOne(index, bytes)
      // Most give their answer at once: a wait for each of thousands of idle partitions would cost more than the reads.
      const read = reading instanceof Promise ? await reading : reading
      this.#results[index] = read
      if (this.#refusedBytes > 0) {
        this.#lackedBytes ||= this.#refusedBytes
        next.add(index)
      }
      if ('code' in read) this.#refused = true
      else if (read.slice !== null) {
        bytes += read.slice.bytes
        next.add(index)
      }
    }
    // What was kept for it and turned out not to be needed.
    this.#limits.memory.forget()
    return bytes
  }

  /** `bytes` have been read from those before it. */
  #readOne(index: number, bytes: number): PartitionRead | Promise<PartitionRead> {
    const { replica, wish } = this.#targets[index] as ReadTarget
    try {
      const answer = replica.read({
        from: wish.from,
        maxBytes: Math.min(wish.maxBytes, this.#limits.maxBytes - bytes),
        // A batch larger than the limits is given when nothing else is: the reader would never get past it.
        minOneBatch: bytes === 0,
        committedTransactionsOnly: this.#limits.committedTransactionsOnly,
        memory: this.#memory,
        leaderEpoch: wish.leaderEpoch,
        mayBeNear: this.#limits.mayBeNear ?? false,
      })
      if ('code' in answer) return answer
      const { slice } = answer
      if (!(slice instanceof Promise)) return partitionRead(answer, slice)
      return slice.then((found) => partitionRead(answer, found), refusalOf)
    } catch (error) {
      return refusalOf(error)
    }
  }

  /** One function for all of them: some closures for each of thousands of partitions took more memory than all else. */
  readonly #onMoved = (replica: ServedPartition): void => {
    this.#indices ??= new Map(this.#targets.map((target, index) => [target.replica, index]))
    this.#readAgain(this.#indices.get(replica) ?? 0)
  }

  #watch(): void {
    for (const { replica } of this.#targets) replica.watch(this.#onMoved)
    // A partition may have moved while the first attempt read another one from disk.
    for (const [index, result] of this.#results.entries()) {
      const seen = result !== null && !('code' in result) ? result.highWatermark : -1
      if ((this.#targets[index]?.replica.highWatermark ?? 0) > seen) this.#readAgain(index)
    }
  }

  #unwatch(): void {
    for (const { replica } of this.#targets) replica.unwatch(this.#onMoved)
  }

  /** Resolves when something has moved; what moves together wakes once. */
  #woken(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wake = null
        this.#clock.defer(resolve)
      }
      if (this.#moved) wake()
      else this.#wake = wake
    })
  }

  #readAgain(index: number): void {
    this.#toRead?.add(index)
    this.#moved = true
    this.#wake?.()
  }

  /** Whatever holds something is among those to be read again. */
  #releaseAll(): void {
    for (const index of this.#toRead ?? []) {
      const result = this.#results[index] ?? null
      if (result === null || 'code' in result || result.slice === null) continue
      result.slice.release()
      this.#results[index] = { ...result, slice: null }
    }
  }
}

const noneAborted: readonly AbortedTransaction[] = []

export function partitionRead(answer: ReadAnswer, slice: LogSlice | null): PartitionRead {
  const { highWatermark, lastStableOffset, logStartOffset } = answer
  const aborted = slice === null ? noneAborted : answer.abortedUpTo(slice.nextOffset)
  return { highWatermark, lastStableOffset, logStartOffset, slice, aborted }
}

function refusalOf(error: unknown): ReadRefusal {
  if (error instanceof LogReadFault || error instanceof DiskFault) return { code: 'storage-error' }
  throw error
}
