import { invariant } from '../runtime/invariant.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import type {
  GroupAnswer,
  GroupAnswers,
  GroupEffect,
  GroupEvent,
  GroupRequest,
  GroupTimer,
  Ticket,
} from './group-events.ts'
import type { GroupRecord } from './group-record.ts'
import type { GroupSettings } from './group-settings.ts'
import type { AppendRefusalCode } from './offsets-topic.ts'

/** A request that was handed to the core, and its answer once it came. */
export interface DrivenRequest {
  readonly ticket: Ticket
  readonly request: GroupRequest
  answer: GroupAnswer | null
}

type Stepped = GroupEvent extends infer E ? (E extends GroupEvent ? Omit<E, 'nowMs'> : never) : never

/** Runs one core by hand, for tests: a log in memory, virtual time, a new core on the same log at a failover. */
export class CoreDriver {
  readonly #settings: GroupSettings
  /** What is committed, in order. */
  readonly log: GroupRecord[] = []
  readonly requests = new Map<Ticket, DrivenRequest>()
  /** Appends are committed at once, or wait for `commitNext` and `refuseNext`. */
  holdsAppends = false
  /** Called with every effect, in order. */
  onEffect: (effect: GroupEffect) => void = () => {}
  nowMs = 0
  core: GroupCoordinator
  #nextTicket = 1
  readonly #pending: { append: number; records: readonly GroupRecord[] }[] = []
  readonly #timers = new Map<string, { readonly at: number; readonly order: number; readonly timer: GroupTimer }>()
  #timersSet = 0
  #isStepping = false

  constructor(settings: GroupSettings) {
    this.#settings = settings
    this.core = new GroupCoordinator(settings)
    this.#step({ type: 'loaded' })
  }

  get pendingAppends(): number {
    return this.#pending.length
  }

  /** Timers that are set, the next one first. */
  timers(): { readonly inMs: number; readonly timer: GroupTimer }[] {
    return [...this.#timers.values()]
      .sort((left, right) => left.at - right.at || left.order - right.order)
      .map(({ at, timer }) => ({ inMs: at - this.nowMs, timer }))
  }

  unanswered(): DrivenRequest[] {
    return [...this.requests.values()].filter(({ answer }) => answer === null)
  }

  ask<R extends GroupRequest>(
    request: R,
  ): { readonly ticket: Ticket; readonly answer: () => GroupAnswers[R['type']] | null } {
    const driven: DrivenRequest = { ticket: this.#nextTicket++, request, answer: null }
    this.requests.set(driven.ticket, driven)
    this.#step({ type: 'request', ticket: driven.ticket, request })
    return { ticket: driven.ticket, answer: () => driven.answer as GroupAnswers[R['type']] | null }
  }

  topicsDeleted(topics: readonly string[]): void {
    this.#step({ type: 'topics-deleted', topics })
  }

  /** Lets time pass; timers go off in order. */
  advance(ms: number): void {
    const until = this.nowMs + ms
    for (;;) {
      const [next] = [...this.#timers].sort(([, left], [, right]) => left.at - right.at || left.order - right.order)
      if (next === undefined || next[1].at > until) break
      const [name, { at, timer }] = next
      this.#timers.delete(name)
      this.nowMs = at
      this.#step({ type: 'timer', timer })
    }
    this.nowMs = until
  }

  commitNext(): void {
    const next = this.#pending.shift()
    if (next === undefined) return
    this.log.push(...next.records)
    this.#step({ type: 'committed', append: next.append })
  }

  refuseNext(code: AppendRefusalCode): void {
    const next = this.#pending.shift()
    if (next !== undefined) this.#step({ type: 'refused', append: next.append, code })
  }

  /** The leadership moves: the old core resigns, a new one loads what is committed. What was not is lost. */
  failover(): void {
    this.#pending.length = 0
    this.#step({ type: 'resigned' })
    // What it set in motion as its last act goes nowhere.
    this.#pending.length = 0
    invariant(this.unanswered().length === 0, 'a core resigned and someone waits still')
    this.#timers.clear()
    this.core = new GroupCoordinator(this.#settings)
    for (const record of this.log) this.core.replay(record)
    this.#step({ type: 'loaded' })
  }

  #step(event: Stepped): void {
    invariant(!this.#isStepping, 'the core was stepped from within a step')
    this.#isStepping = true
    const effects = this.core.step({ ...event, nowMs: this.nowMs } as GroupEvent)
    this.#isStepping = false
    for (const effect of effects) this.#perform(effect)
    while (!this.holdsAppends && event.type !== 'resigned' && this.#pending.length > 0) this.commitNext()
  }

  #perform(effect: GroupEffect): void {
    this.onEffect(effect)
    if (effect.type === 'answer') {
      const driven = this.requests.get(effect.ticket)
      invariant(driven !== undefined && driven.answer === null, 'answered twice, or never asked', effect)
      driven.answer = effect.answer
    } else if (effect.type === 'append') {
      this.#pending.push(effect)
    } else if (effect.type === 'set-timer') {
      const order = this.#timersSet++
      this.#timers.set(JSON.stringify(effect.timer), { at: this.nowMs + effect.delayMs, order, timer: effect.timer })
    } else if (effect.type === 'cancel-timer') {
      this.#timers.delete(JSON.stringify(effect.timer))
    }
  }
}
