import type { GroupRefusalCode } from './group-refusal.ts'
import type { HeartbeatRequest, Ticket } from './group-events.ts'
import type { GroupScope } from './group-scope.ts'
import { startSession } from './rebalance.ts'

/** Heartbeat: keeps the session alive, and tells the member to join again while others do. */
export function heartbeat(scope: GroupScope, ticket: Ticket, request: HeartbeatRequest): void {
  scope.out.answer(ticket, { code: answerOf(scope, request) })
}

function answerOf(scope: GroupScope, request: HeartbeatRequest): 'ok' | GroupRefusalCode {
  const group = scope.store.get(request.groupId)?.members
  if (group === undefined) return 'unknown-member'
  const refusal = group.validate(request.memberId, request.instanceId)
  if (refusal !== null) return refusal
  if (request.generation !== group.generation) return 'illegal-generation'
  const member = group.member(request.memberId)
  if (member === null || group.state === 'Empty') return 'unknown-member'
  startSession(scope, group, member)
  return group.state === 'PreparingRebalance' ? 'rebalance-in-progress' : 'ok'
}
