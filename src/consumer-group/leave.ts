import type { ClassicGroup } from './classic-group.ts'
import type { LeaveRequest, Ticket } from './group-events.ts'
import type { GroupRefusalCode } from './group-refusal.ts'
import type { GroupScope } from './group-scope.ts'
import { completeIfAllJoined, dropPending, rebalanceOrComplete, removeMember } from './rebalance.ts'

/** LeaveGroup: takes each of the members out, by its id or (an operator's tool) by its instance id; one rebalance for all. */
export function leave(scope: GroupScope, ticket: Ticket, request: LeaveRequest): void {
  const group = scope.store.get(request.groupId)?.members
  if (group === undefined) {
    const members = request.members.map(({ memberId, instanceId }) => ({
      memberId,
      instanceId,
      code: 'unknown-member' as const,
    }))
    scope.out.answer(ticket, { code: 'ok', members })
    return
  }
  const before = group.members.size
  const answers = request.members.map((leaving) => ({
    memberId: leaving.memberId,
    instanceId: leaving.instanceId,
    code: leaveOne(scope, group, leaving),
  }))
  scope.out.answer(ticket, { code: 'ok', members: answers })
  if (answers.every(({ code }) => code !== 'ok')) return
  if (group.state === 'PreparingRebalance') completeIfAllJoined(scope, group)
  // An id that was given out is nobody's assignment: its return disturbs no one.
  else if (group.members.size < before) rebalanceOrComplete(scope, group, reasonOf(request))
}

function leaveOne(
  scope: GroupScope,
  group: ClassicGroup,
  leaving: LeaveRequest['members'][number],
): 'ok' | GroupRefusalCode {
  if (leaving.memberId === '') {
    const member = leaving.instanceId === null ? null : group.staticMember(leaving.instanceId)
    if (member === null) return 'unknown-member'
    removeMember(scope, group, member)
    return 'ok'
  }
  if (dropPending(scope, group, leaving.memberId)) return 'ok'
  const refusal = group.validate(leaving.memberId, leaving.instanceId)
  const member = group.member(leaving.memberId)
  if (refusal !== null || member === null) return refusal ?? 'unknown-member'
  removeMember(scope, group, member)
  return 'ok'
}

function reasonOf({ members }: LeaveRequest): string {
  const shown = members.slice(0, 5).map(({ memberId, instanceId, reason }) => {
    const who = memberId === '' ? instanceId : memberId
    return reason === null ? `${who}` : `${who} (${reason})`
  })
  return `left: ${shown.join(', ')}${members.length > shown.length ? ` and ${members.length - shown.length} more` : ''}`
}
