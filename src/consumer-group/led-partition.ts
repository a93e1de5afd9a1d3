import type { LeaderEpoch } from '../record/offset.ts'
import type { Timer } from '../runtime/clock.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import type {
  GroupAnswer,
  GroupAnswers,
  GroupEffect,
  GroupNote,
  GroupRequest,
  GroupTimer,
  Ticket,
} from './group-events.ts'
import type { GroupRecord } from './group-record.ts'
import type { GroupRefusalCode } from './group-refusal.ts'
import type { GroupSettings } from './group-settings.ts'
import { AppendRefused, type OffsetsPartition, type OffsetsTopic } from './offsets-topic.ts'
import { decodeGroupRecord, encodeGroupRecord } from './records.ts'
import { refusedAnswer } from './refused-answer.ts'

/** What of the runtime the groups need. */
export type GroupRuntime = Pick<Runtime, 'clock' | 'random' | 'logger'>

type Stage =
  | { readonly is: 'loading' }
  | { readonly is: 'active'; readonly log: OffsetsPartition }
  | { readonly is: 'failed'; readonly code: GroupRefusalCode }
  | { readonly is: 'resigned' }

interface Waiting {
  readonly answer: (answer: GroupAnswer) => void
  readonly timer: Timer | null
}

/**
 * One partition of `__consumer_offsets` while this broker leads it: keeps the clock, the log and the waiting requests of
 * one core. Loads first; resigned, it stays so.
 */
export class LedPartition {
  readonly partition: number
  readonly epoch: LeaderEpoch
  readonly #runtime: GroupRuntime
  readonly #settings: GroupSettings
  readonly #core: GroupCoordinator
  #stage: Stage = { is: 'loading' }
  #nextTicket: Ticket = 1
  readonly #waiting = new Map<Ticket, Waiting>()
  readonly #timers = new Map<string, Timer>()
  /** Topics that were deleted while this was loading. */
  #deletedTopics: string[] = []

  constructor(options: {
    partition: number
    epoch: LeaderEpoch
    runtime: GroupRuntime
    settings: GroupSettings
  }) {
    this.partition = options.partition
    this.epoch = options.epoch
    this.#runtime = options.runtime
    this.#settings = options.settings
    this.#core = new GroupCoordinator(options.settings)
  }

  /** Null when requests can be served, else why not. */
  get refusal(): GroupRefusalCode | null {
    switch (this.#stage.is) {
      case 'active':
        return null
      case 'loading':
        return 'coordinator-loading'
      case 'failed':
        return this.#stage.code
      case 'resigned':
        return 'not-coordinator'
    }
  }

  /** For reads; to be asked only while there is no refusal. */
  get core(): GroupCoordinator {
    return this.#core
  }

  /** Replays the log. Resolves when that has ended, well or not: `refusal` tells. */
  async load(topic: OffsetsTopic): Promise<void> {
    const { clock, logger } = this.#runtime
    const begun = clock.monotonicMs()
    let records = 0
    let others = 0
    try {
      const log = await topic.open(this.partition, this.epoch)
      if (this.#stage.is !== 'loading') return
      await log.load((raw) => {
        const record = decodeGroupRecord(raw)
        if (record === null) others++
        else this.#core.replay(record)
        records++
      })
      // Leadership may have gone while the log was read.
      if (this.#stage.is !== 'loading') return
      this.#stage = { is: 'active', log }
    } catch (error) {
      if (this.#stage.is === 'loading') this.#loadFailed(error)
      return
    }
    const tookMs = Math.round(clock.monotonicMs() - begun)
    if (records > 0) logger.info({ partition: this.partition, records, others, tookMs }, 'groups loaded')
    this.#perform(this.#core.step({ type: 'loaded', nowMs: clock.nowMs() }))
    this.topicsDeleted(this.#deletedTopics)
    this.#deletedTopics = []
  }

  /** Resolves with the core's answer; never rejects. */
  ask<R extends GroupRequest>(request: R): Promise<GroupAnswers[R['type']]> {
    const { refusal } = this
    if (refusal !== null) return Promise.resolve(refusedAnswer(request, refusal))
    return new Promise((resolve) => {
      const ticket = this.#nextTicket++
      this.#waiting.set(ticket, {
        // The core answers each ticket in the type of its request.
        answer: (answer) => resolve(answer as GroupAnswers[R['type']]),
        timer: this.#giveUpTimer(ticket, request),
      })
      this.#perform(this.#core.step({ type: 'request', ticket, request, nowMs: this.#runtime.clock.nowMs() }))
    })
  }

  topicsDeleted(topics: readonly string[]): void {
    if (topics.length === 0) return
    if (this.#stage.is === 'loading') this.#deletedTopics.push(...topics)
    if (this.#stage.is !== 'active') return
    this.#perform(this.#core.step({ type: 'topics-deleted', topics, nowMs: this.#runtime.clock.nowMs() }))
  }

  /** Tells everyone who waits, and forgets all. */
  resign(): void {
    const wasActive = this.#stage.is === 'active'
    this.#stage = { is: 'resigned' }
    if (wasActive) {
      this.#perform(this.#core.step({ type: 'resigned', nowMs: this.#runtime.clock.nowMs() }))
    }
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  #loadFailed(error: unknown): void {
    const isGone = error instanceof AppendRefused && error.code === 'not-leader'
    this.#stage = { is: 'failed', code: isGone ? 'not-coordinator' : 'coordinator-not-available' }
    if (isGone) return
    this.#runtime.logger.error({ partition: this.partition, error }, 'the groups of a partition could not be loaded')
  }

  /** Only these wait for nothing but the log; a join or sync waits for other members and has timers in the core. */
  #giveUpTimer(ticket: Ticket, request: GroupRequest): Timer | null {
    if (request.type !== 'commit' && request.type !== 'delete-offsets' && request.type !== 'delete-group') return null
    return this.#runtime.clock.setTimer(this.#settings.commitTimeoutMs, () => {
      this.#answer(ticket, refusedAnswer(request, 'coordinator-not-available'))
    })
  }

  #answer(ticket: Ticket, answer: GroupAnswer): void {
    const waiting = this.#waiting.get(ticket)
    if (waiting === undefined) return
    this.#waiting.delete(ticket)
    waiting.timer?.cancel()
    waiting.answer(answer)
  }

  #perform(effects: readonly GroupEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'answer':
          this.#answer(effect.ticket, effect.answer)
          break
        case 'append':
          void this.#append(effect.append, effect.records)
          break
        case 'set-timer':
          this.#setTimer(effect.timer, effect.delayMs)
          break
        case 'cancel-timer':
          this.#timers.get(nameOf(effect.timer))?.cancel()
          this.#timers.delete(nameOf(effect.timer))
          break
        case 'note':
          this.#note(effect.note)
          break
        default:
          effect satisfies never
      }
    }
  }

  async #append(append: number, records: readonly GroupRecord[]): Promise<void> {
    if (this.#stage.is !== 'active') return
    let refused: AppendRefused | null = null
    try {
      await this.#stage.log.append(records.map(encodeGroupRecord))
    } catch (error) {
      // Anything else is a broken invariant, and nobody's to catch.
      if (!(error instanceof AppendRefused)) throw error
      refused = error
    }
    // Resigned meanwhile: who waited for this has been told.
    if (this.refusal !== null) return
    const nowMs = this.#runtime.clock.nowMs()
    if (refused === null) this.#perform(this.#core.step({ type: 'committed', append, nowMs }))
    else this.#perform(this.#core.step({ type: 'refused', append, code: refused.code, nowMs }))
  }

  #setTimer(timer: GroupTimer, delayMs: number): void {
    const name = nameOf(timer)
    this.#timers.get(name)?.cancel()
    if (this.#stage.is !== 'active') return
    const { clock } = this.#runtime
    const set = clock.setTimer(delayMs, () => {
      if (this.#timers.get(name) === set) this.#timers.delete(name)
      this.#perform(this.#core.step({ type: 'timer', timer, nowMs: clock.nowMs() }))
    })
    this.#timers.set(name, set)
  }

  #note({ what, ...facts }: GroupNote): void {
    this.#runtime.logger.info(facts, `group: ${what}`)
  }
}

function nameOf(timer: GroupTimer): string {
  if (timer.type === 'expiry') return timer.type
  return timer.type === 'session'
    ? `${timer.type} ${timer.groupId.length} ${timer.groupId} ${timer.memberId}`
    : `${timer.type} ${timer.groupId}`
}
