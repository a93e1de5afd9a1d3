import { ClassicGroup } from './classic-group.ts'
import { commitOffsets } from './commit-offsets.ts'
import { deleteGroup, deleteOffsets } from './delete-groups.ts'
import { dropTopics, expireOffsets } from './expire-offsets.ts'
import { joinRefused, syncRefused } from './group-answers.ts'
import type { GroupEffect, GroupEvent, GroupRequest, GroupTimer, Ticket } from './group-events.ts'
import type { GroupRecord } from './group-record.ts'
import type { GroupScope } from './group-scope.ts'
import type { GroupSettings } from './group-settings.ts'
import { type Group, GroupStore } from './group-store.ts'
import { type DescribedGroup, described, type FetchedTopic, fetched, type ListedGroup, listed } from './group-views.ts'
import { heartbeat } from './heartbeat.ts'
import { join } from './join.ts'
import { leave } from './leave.ts'
import { Outbox } from './outbox.ts'
import {
  answerJoin,
  answerSync,
  onJoinTimer,
  onSessionTimer,
  onSyncTimer,
  prepareRebalance,
  startSession,
} from './rebalance.ts'
import { sync } from './sync.ts'

/**
 * The groups of one partition of `__consumer_offsets`, at its leader: Kafka's classic group protocol. Holds state and
 * answers with data; whoever owns it keeps the clock, the log and the clients.
 *
 * Its life: `replay` of every committed record, the event `loaded`, any events, the event `resigned`. Durable facts
 * change in `replay` only, which the event `committed` calls for the records of its append.
 */
export class GroupCoordinator {
  readonly #scope: GroupScope
  /** A partition without groups has no timer. */
  #isExpirySet = false

  constructor(settings: GroupSettings) {
    const store = new GroupStore()
    this.#scope = { store, out: new Outbox((records) => store.appended(records)), settings, nowMs: 0 }
  }

  replay(record: GroupRecord): void {
    this.#scope.store.replay(record)
  }

  step(event: GroupEvent): GroupEffect[] {
    this.#scope.nowMs = event.nowMs
    switch (event.type) {
      case 'request':
        this.#onRequest(event.ticket, event.request)
        this.#scope.store.forgetIfUnused(event.request.groupId)
        break
      case 'timer':
        this.#onTimer(event.timer)
        break
      case 'committed':
        this.#onCommitted(event.append)
        break
      case 'refused': {
        const append = this.#scope.out.settle(event.append, 'refused')
        this.#scope.store.settled(append.records)
        append.refused(event.code)
        this.#forgetUnused(append.records)
        break
      }
      case 'loaded':
        this.#onLoaded()
        break
      case 'resigned':
        this.#onResigned()
        break
      case 'topics-deleted':
        dropTopics(this.#scope, new Set(event.topics))
        break
      default:
        event satisfies never
    }
    this.#setExpiry()
    return this.#scope.out.drain()
  }

  /** The group as it is, for those who only look; null: there is none. */
  group(groupId: string): Group | null {
    return this.#scope.store.get(groupId)
  }

  list(): ListedGroup[] {
    return [...this.#scope.store.all()].map(listed)
  }

  describe(groupId: string): DescribedGroup {
    return described(groupId, this.#scope.store.get(groupId))
  }

  /** Committed offsets; `topics` null: all of the group's. */
  fetchOffsets(
    groupId: string,
    topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null,
  ): FetchedTopic[] {
    return fetched(this.#scope.store.get(groupId), topics)
  }

  #onRequest(ticket: Ticket, request: GroupRequest): void {
    switch (request.type) {
      case 'join':
        return join(this.#scope, ticket, request)
      case 'sync':
        return sync(this.#scope, ticket, request)
      case 'heartbeat':
        return heartbeat(this.#scope, ticket, request)
      case 'leave':
        return leave(this.#scope, ticket, request)
      case 'commit':
        return commitOffsets(this.#scope, ticket, request)
      case 'delete-offsets':
        return deleteOffsets(this.#scope, ticket, request)
      case 'delete-group':
        return deleteGroup(this.#scope, ticket, request)
      default:
        request satisfies never
    }
  }

  #onTimer(timer: GroupTimer): void {
    if (timer.type === 'expiry') {
      this.#isExpirySet = false
      expireOffsets(this.#scope)
      return
    }
    const group = this.#scope.store.get(timer.groupId)
    if (group === null) return
    if (timer.type === 'session') onSessionTimer(this.#scope, group.members, timer.memberId)
    else if (timer.type === 'join') onJoinTimer(this.#scope, group.members)
    else onSyncTimer(this.#scope, group.members)
    this.#scope.store.forgetIfUnused(timer.groupId)
  }

  #onCommitted(number: number): void {
    const append = this.#scope.out.settle(number, 'committed')
    for (const record of append.records) this.replay(record)
    this.#scope.store.settled(append.records)
    append.committed()
    this.#forgetUnused(append.records)
  }

  #onLoaded(): void {
    const { store, settings } = this.#scope
    for (const group of [...store.all()]) {
      if (group.stored !== null) group.members = ClassicGroup.from(group.id, group.stored)
      for (const member of group.members.members.values()) startSession(this.#scope, group.members, member)
      if (group.members.members.size > settings.groupMembersMax) {
        prepareRebalance(this.#scope, group.members, 'more members than group.max.size')
      }
      store.forgetIfUnused(group.id)
    }
  }

  #setExpiry(): void {
    const { store, out, settings } = this.#scope
    if (this.#isExpirySet || store.isEmpty) return
    this.#isExpirySet = true
    out.setTimer({ type: 'expiry' }, settings.offsetsRetentionCheckIntervalMs)
  }

  #onResigned(): void {
    const { store, out } = this.#scope
    for (const append of out.abandon()) {
      store.settled(append.records)
      append.refused('not-leader')
    }
    for (const { members } of store.all()) {
      for (const member of members.members.values()) {
        answerJoin(this.#scope, members, member, joinRefused('not-coordinator', member.id))
        answerSync(this.#scope, member, syncRefused('not-coordinator'))
      }
    }
  }

  #forgetUnused(records: readonly GroupRecord[]): void {
    for (const groupId of new Set(records.map((record) => record.groupId))) this.#scope.store.forgetIfUnused(groupId)
  }
}
