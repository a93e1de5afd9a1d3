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
import { codesOf, eventOf, type GroupTransition, newCoordinator, refusedName, stateOf } from './group-transition.ts'
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
  /** Called with what each event made of each group that it was about. */
  onTransition: (transition: GroupTransition) => void = () => {}
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
    this.#step({ type: 'committed', append: next.append }, next.records)
  }

  refuseNext(code: AppendRefusalCode): void {
    const next = this.#pending.shift()
    if (next !== undefined) this.#step({ type: 'refused', append: next.append, code }, next.records)
  }

  /**
   * The leadership moves: the old core resigns, a new one loads what is committed. Of what was on its way it finds the first
   * `kept` appends, of which the old one never heard; the others are lost.
   */
  failover({ kept = 0 } = {}): void {
    const before = this.#groupIds().map((groupId) => ({ groupId, from: stateOf(this.core.group(groupId)) }))
    const told = new Map<string, string[]>()
    for (const { records } of this.#pending.splice(0, kept)) this.log.push(...records)
    this.#pending.length = 0
    for (const { ticket } of this.#step({ type: 'resigned' })) {
      const { request, answer } = this.requests.get(ticket) as DrivenRequest
      told.set(request.groupId, [...(told.get(request.groupId) ?? []), ...(answer === null ? [] : codesOf(answer))])
    }
    // What it set in motion as its last act goes nowhere.
    this.#pending.length = 0
    invariant(this.unanswered().length === 0, 'a core resigned and someone waits still')
    this.#timers.clear()
    this.core = new GroupCoordinator(this.#settings)
    for (const record of this.log) this.core.replay(record)
    this.#step({ type: 'loaded' })
    for (const { groupId, from } of before) {
      const to = stateOf(this.core.group(groupId))
      this.onTransition({ event: newCoordinator, from, to, told: inOrder(told.get(groupId) ?? []) })
    }
  }

  #groupIds(): string[] {
    return this.core.list().map(({ groupId }) => groupId)
  }

  /** `records`: those of the append that the event is about. Returns what was answered. */
  #step(stepped: Stepped, records: readonly GroupRecord[] = []): (GroupEffect & { type: 'answer' })[] {
    invariant(!this.#isStepping, 'the core was stepped from within a step')
    const event = { ...stepped, nowMs: this.nowMs } as GroupEvent
    const watched = this.#groupsOf(event, records).map((groupId) => {
      const group = this.core.group(groupId)
      return { groupId, from: stateOf(group), name: eventOf(event, groupId, group, records) }
    })
    this.#isStepping = true
    const effects = this.core.step(event)
    this.#isStepping = false
    const transitions = watched.map(({ groupId, from, name }) => {
      const told = this.#told(event, groupId, effects)
      const refused = event.type === 'request' ? refusedName(event.request, told) : null
      return { event: refused ?? name, from, to: stateOf(this.core.group(groupId)), told }
    })
    for (const effect of effects) this.#perform(effect)
    for (const transition of transitions) this.onTransition(transition)
    while (!this.holdsAppends && event.type !== 'resigned' && this.#pending.length > 0) this.commitNext()
    return effects.filter((effect) => effect.type === 'answer')
  }

  #groupsOf(event: GroupEvent, records: readonly GroupRecord[]): readonly string[] {
    if (event.type === 'request') return [event.request.groupId]
    if (event.type === 'timer' && event.timer.type !== 'expiry') return [event.timer.groupId]
    if (event.type === 'committed' || event.type === 'refused')
      return [...new Set(records.map(({ groupId }) => groupId))]
    return event.type === 'loaded' || event.type === 'resigned' ? [] : this.#groupIds()
  }

  #told(event: GroupEvent, groupId: string, effects: readonly GroupEffect[]): string[] {
    const told: string[] = []
    const [own, kind] = event.type === 'request' ? [event.ticket, event.request.type] : [null, '']
    const answers = effects.filter((effect) => effect.type === 'answer')
    if (own !== null && answers.every(({ ticket }) => ticket !== own)) told.push('waits')
    for (const { ticket, answer } of answers) {
      const request = this.requests.get(ticket)?.request
      if (request?.groupId !== groupId) continue
      // Why the log refused is one and the same for everyone: see `refusalOfAppend`.
      const codes = event.type === 'refused' ? ['refused'] : codesOf(answer)
      told.push(...codes.map((code) => (ticket === own ? code : `${request.type} ${code}`)))
    }
    // Those who wait for the same are told no less than the asker is.
    return inOrder(told.filter((one) => own === null || !told.includes('ok') || one !== `${kind} ok`))
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

function inOrder(told: readonly string[]): string[] {
  return [...new Set(told)].sort()
}
