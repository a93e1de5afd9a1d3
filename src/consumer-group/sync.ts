import type { ClassicGroup } from './classic-group.ts'
import { synced, syncRefused } from './group-answers.ts'
import type { SyncRequest, Ticket } from './group-events.ts'
import { noBytes } from './group-member.ts'
import type { GroupRefusalCode } from './group-refusal.ts'
import { type GroupScope, refusalOfAppend } from './group-scope.ts'
import { answerSync, becomeStable, endSyncIfComplete, prepareRebalance, refuseSyncs, storeGroup } from './rebalance.ts'

/** SyncGroup: answered once the leader's assignment is committed, or the generation has ended without one. */
export function sync(scope: GroupScope, ticket: Ticket, request: SyncRequest): void {
  const group = scope.store.get(request.groupId)?.members ?? null
  const refusal = group === null ? 'unknown-member' : refusalOf(group, request)
  const member = group?.member(request.memberId) ?? null
  if (group === null || member === null || refusal !== null) {
    scope.out.answer(ticket, syncRefused(refusal ?? 'unknown-member'))
    return
  }
  group.pendingSync.delete(member.id)
  if (group.state === 'Stable') {
    scope.out.answer(ticket, synced(group, member))
    endSyncIfComplete(scope, group)
    return
  }
  // An earlier SyncGroup of this member may still wait, on a connection that the client has given up.
  answerSync(scope, member, syncRefused('rebalance-in-progress'))
  member.syncTicket = ticket
  if (group.leader === member.id) storeAssignment(scope, group, request)
}

function refusalOf(group: ClassicGroup, request: SyncRequest): GroupRefusalCode | null {
  if (group.state === 'Empty') return 'unknown-member'
  const refusal = group.validate(request.memberId, request.instanceId)
  if (refusal !== null) return refusal
  if (request.generation !== group.generation) return 'illegal-generation'
  if (request.protocolType !== null && request.protocolType !== group.protocolType) return 'inconsistent-protocol'
  // While the group prepares, the protocol is the last generation's.
  if (request.protocol !== null && group.protocol !== null && request.protocol !== group.protocol) {
    return 'inconsistent-protocol'
  }
  return group.state === 'PreparingRebalance' ? 'rebalance-in-progress' : null
}

function storeAssignment(scope: GroupScope, group: ClassicGroup, { assignments }: SyncRequest): void {
  const { generation } = group
  const byMember = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]))
  // Another rebalance may begin before the record is committed: then this generation's assignment is nobody's.
  const isCurrent = (): boolean => group.state === 'CompletingRebalance' && group.generation === generation
  storeGroup(scope, group, ({ id }) => byMember.get(id) ?? noBytes, {
    committed(stored) {
      if (isCurrent()) becomeStable(scope, group, stored)
    },
    refused(code) {
      if (!isCurrent()) return
      refuseSyncs(scope, group, refusalOfAppend(code))
      prepareRebalance(scope, group, `the assignment was not stored: ${code}`)
    },
  })
}
