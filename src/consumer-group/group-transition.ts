import type { ClassicGroup, GroupState } from './classic-group.ts'
import type { GroupAnswer, GroupEvent, GroupRequest, GroupTimer, JoinRequest } from './group-events.ts'
import { sameProtocols } from './group-member.ts'
import type { GroupRecord } from './group-record.ts'
import type { GroupRefusalCode } from './group-refusal.ts'
import type { Group } from './group-store.ts'

/** What one event made of one group: a line of the table of `docs/consumer-groups.md`. */
export interface GroupTransition {
  readonly event: string
  readonly from: GroupState | 'Dead'
  readonly to: GroupState | 'Dead'
  /** What the asker and others who waited were told, sorted: `ok`, `waits`, `join ok`. The asker's without the request. */
  readonly told: readonly string[]
}

export function stateOf(group: Group | null): GroupState | 'Dead' {
  return group?.members.state ?? 'Dead'
}

/** Code of an answer; of a LeaveGroup the codes of its members. */
export function codesOf(answer: GroupAnswer): readonly string[] {
  if (answer.code !== 'ok') return [answer.code]
  if ('topics' in answer) return codesOr(answer.topics.flatMap(({ partitions }) => partitions.map(({ code }) => code)))
  return 'members' in answer && !('generation' in answer) ? codesOr(answer.members.map(({ code }) => code)) : ['ok']
}

function codesOr(codes: readonly string[]): readonly string[] {
  return codes.length === 0 ? ['ok'] : codes
}

/** Name of the event, told before it happens: what it is depends on the group as it is. */
export function eventOf(
  event: GroupEvent,
  groupId: string,
  group: Group | null,
  records: readonly GroupRecord[],
): string {
  switch (event.type) {
    case 'request':
      return requestName(event.request, group?.members ?? null)
    case 'timer':
      return timerName(event.timer, group?.members ?? null)
    case 'committed':
    case 'refused':
      return `${recordsName(records.filter((record) => record.groupId === groupId))} ${event.type}`
    case 'topics-deleted':
      return 'topic deleted'
    case 'loaded':
    case 'resigned':
      return newCoordinator
  }
}

/** An old coordinator that resigns and a new one that loads, as one. */
export const newCoordinator = 'new coordinator'

/** A request whose ids, generation, protocols or bounds do not fit is one of its kind, whatever else it was to be. */
export function refusedName(request: GroupRequest, told: readonly string[]): string | null {
  if (request.type === 'delete-group' || request.type === 'delete-offsets') return null
  const own = told.filter((code) => !code.includes(' '))
  return own.every((code) => unfit.has(code)) ? `${request.type}, does not fit` : null
}

const unfit: ReadonlySet<string> = new Set<GroupRefusalCode>([
  'invalid-group-id',
  'invalid-session-timeout',
  'unknown-member',
  'fenced-instance',
  'inconsistent-protocol',
  'group-full',
  'metadata-too-large',
  'illegal-generation',
  'group-not-found',
])

function requestName(request: GroupRequest, group: ClassicGroup | null): string {
  switch (request.type) {
    case 'join':
      return joinName(request, group)
    case 'sync':
      return `sync, ${group?.leader === request.memberId ? 'leader' : 'other member'}`
    case 'leave': {
      const [only] = request.members
      if (request.members.length > 1 || only === undefined) return 'leave, several'
      if (group?.pendingMembers.has(only.memberId) ?? false) return 'leave, id given out'
      return only.memberId === '' ? 'leave, by instance id' : 'leave, a member'
    }
    case 'commit':
      return `commit, ${request.generation < 0 ? 'no member' : 'a member'}`
    case 'heartbeat':
    case 'delete-offsets':
    case 'delete-group':
      return request.type.replace('-', ' ')
  }
}

function joinName(request: JoinRequest, group: ClassicGroup | null): string {
  const { memberId, instanceId } = request
  if (memberId === '' && instanceId !== null) {
    const isBack = (group?.staticMember(instanceId) ?? null) !== null
    return isBack ? 'join, static member without its id' : 'join, new static member'
  }
  if (memberId === '') return request.requiresMemberId ? 'join, asks for an id' : 'join, new member'
  const member = group?.member(memberId) ?? null
  if (member === null) return 'join, new member'
  if (group?.leader === memberId) return 'join, leader again'
  return `join, member again, ${sameProtocols(member.protocols, request.protocols) ? 'as before' : 'new metadata'}`
}

function timerName(timer: GroupTimer, group: ClassicGroup | null): string {
  switch (timer.type) {
    case 'session':
      return `session over, ${(group?.pendingMembers.has(timer.memberId) ?? false) ? 'id given out' : 'a member'}`
    case 'join':
      return (group?.initialDelay ?? null) === null ? 'rebalance timeout, joining' : 'initial delay over'
    case 'sync':
      return 'rebalance timeout, syncing'
    case 'expiry':
      return 'look for expired offsets'
  }
}

function recordsName(records: readonly GroupRecord[]): string {
  if (records.some(({ value }) => value === null)) return 'deletion'
  return records.some(({ type }) => type === 'group') ? 'group record' : 'offsets'
}
