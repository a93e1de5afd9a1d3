import type { ClassicGroup } from './classic-group.ts'
import { joined, joinRefused, membersOf, syncRefused } from './group-answers.ts'
import type { JoinRequest, Ticket } from './group-events.ts'
import { type GroupMember, noBytes, sameProtocols } from './group-member.ts'
import type { GroupRefusalCode } from './group-refusal.ts'
import { type GroupScope, refusalOfAppend } from './group-scope.ts'
import { newMemberJoinTimeoutMs } from './group-settings.ts'
import {
  answerJoin,
  answerSync,
  completeIfAllJoined,
  dropPending,
  prepareRebalance,
  rebalanceOrComplete,
  removeMember,
  startSession,
  storeGroup,
} from './rebalance.ts'

interface Joining {
  readonly scope: GroupScope
  readonly group: ClassicGroup
  readonly request: JoinRequest
  readonly ticket: Ticket
}

/** JoinGroup: answered at once, or when the rebalance's preparation ends. */
export function join(scope: GroupScope, ticket: Ticket, request: JoinRequest): void {
  const isNew = request.memberId === ''
  const refuse = (code: GroupRefusalCode, memberId = request.memberId): void =>
    scope.out.answer(ticket, joinRefused(code, memberId))
  const { sessionTimeoutMsMin, sessionTimeoutMsMax, memberMetadataBytesMax } = scope.settings
  if (request.groupId === '') return refuse('invalid-group-id')
  if (request.sessionTimeoutMs < sessionTimeoutMsMin || request.sessionTimeoutMs > sessionTimeoutMsMax) {
    return refuse('invalid-session-timeout')
  }
  const metadataBytes = request.protocols.reduce((sum, { metadata }) => sum + metadata.length, 0)
  if (metadataBytes > memberMetadataBytesMax) return refuse('metadata-too-large')
  const known = scope.store.get(request.groupId)
  if (known === null && !isNew) return refuse('unknown-member')
  const group = (known ?? scope.store.getOrCreate(request.groupId, scope.nowMs)).members
  if (!hasRoom(scope, group, request.memberId)) {
    const member = group.member(request.memberId)
    if (member !== null) removeMember(scope, group, member)
    else dropPending(scope, group, request.memberId)
    refuse('group-full', '')
    completeIfAllJoined(scope, group)
    return
  }
  if (!group.supports(request.protocolType, request.protocols)) return refuse('inconsistent-protocol')
  const joining = { scope, group, request, ticket }
  if (isNew) joinNew(joining)
  else joinKnown(joining)
}

/**
 * While members join, those who have come count, not those who may come again: so a group that has become too large
 * loses the last to return. Otherwise members count.
 */
function hasRoom(scope: GroupScope, group: ClassicGroup, memberId: string): boolean {
  const { groupMembersMax, pendingMembersMax } = scope.settings
  if (memberId === '' && group.pendingMembers.size >= pendingMembersMax) return false
  if (group.state === 'Empty') return true
  const member = group.member(memberId)
  if (group.state === 'PreparingRebalance') {
    return (member !== null && member.joinTicket !== null) || group.awaitingJoin < groupMembersMax
  }
  return member !== null || group.members.size < groupMembersMax
}

function joinNew(joining: Joining): void {
  const { scope, group, request, ticket } = joining
  const { instanceId } = request
  if (instanceId !== null) {
    const memberId = `${instanceId}-${request.freshId}`
    const old = group.staticMember(instanceId)
    if (old === null) addMember(joining, memberId)
    else replaceStatic(joining, old, memberId)
    return
  }
  const memberId = `${request.clientId}-${request.freshId}`
  if (!request.requiresMemberId) return addMember(joining, memberId)
  // Two steps, so that a client which loses the first answer leaves an id behind and not a member that all wait for (KIP-394).
  group.pendingMembers.add(memberId)
  scope.out.setTimer({ type: 'session', groupId: group.id, memberId }, request.sessionTimeoutMs)
  scope.out.answer(ticket, joinRefused('member-id-required', memberId))
}

function joinKnown(joining: Joining): void {
  const { scope, group, request, ticket } = joining
  if (group.pendingMembers.has(request.memberId) && request.instanceId === null) {
    return addMember(joining, request.memberId)
  }
  const refusal = group.validate(request.memberId, request.instanceId)
  const member = group.member(request.memberId)
  if (refusal !== null || member === null) {
    scope.out.answer(ticket, joinRefused(refusal ?? 'unknown-member', request.memberId))
    return
  }
  const rejoin = (): void => {
    updateMember(joining, member)
    rebalanceOrComplete(scope, group, `member ${member.id} rejoins: ${request.reason ?? 'no reason given'}`)
  }
  const isSame = sameProtocols(member.protocols, request.protocols)
  switch (group.state) {
    case 'PreparingRebalance':
      return rejoin()
    case 'CompletingRebalance':
      // With the same metadata it has most likely lost the answer to its first JoinGroup.
      return isSame ? scope.out.answer(ticket, joined(group, member)) : rejoin()
    case 'Stable':
      // The leader rejoins for what the broker can't see, such as a topic's new partitions.
      if (group.leader === member.id || !isSame) return rejoin()
      return scope.out.answer(ticket, joined(group, member))
    case 'Empty':
      return scope.out.answer(ticket, joinRefused('unknown-member', request.memberId))
  }
}

function addMember({ scope, group, request, ticket }: Joining, memberId: string): void {
  const member: GroupMember = {
    id: memberId,
    instanceId: request.instanceId,
    clientId: request.clientId,
    clientHost: request.clientHost,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocols: request.protocols,
    assignment: noBytes,
    isNew: true,
    joinTicket: ticket,
    syncTicket: null,
  }
  if (group.isInitialRebalance) group.newMemberAdded = true
  group.add(member, request.protocolType)
  scope.out.setTimer({ type: 'session', groupId: group.id, memberId }, newMemberJoinTimeoutMs)
  rebalanceOrComplete(scope, group, `member ${memberId} joins: ${request.reason ?? 'no reason given'}`)
}

function updateMember({ scope, group, request, ticket }: Joining, member: GroupMember): void {
  // An earlier JoinGroup of this member may still wait, on a connection that the client has given up.
  answerJoin(scope, group, member, joinRefused('rebalance-in-progress', member.id))
  group.rejoin(member, { ...request, ticket })
}

/** A static member is back without its id: it gets a new one, and its old self, should it live, is fenced (KIP-345). */
function replaceStatic(joining: Joining, old: GroupMember, memberId: string): void {
  const { scope, group, request } = joining
  const oldLeader = group.leader
  answerJoin(scope, group, old, joinRefused('fenced-instance', old.id))
  answerSync(scope, old, syncRefused('fenced-instance'))
  scope.out.cancelTimer({ type: 'session', groupId: group.id, memberId: old.id })
  const member = group.replace(old, memberId)
  updateMember(joining, member)
  startSession(scope, group, member)
  const reason = `static member ${request.instanceId} is back: ${request.reason ?? 'no reason given'}`
  if (group.state === 'CompletingRebalance') {
    // The leader may be assigning to the old id at this moment.
    prepareRebalance(scope, group, reason)
  } else if (group.state === 'PreparingRebalance') {
    completeIfAllJoined(scope, group)
  } else if (group.selectProtocol() !== group.protocol) {
    prepareRebalance(scope, group, reason)
  } else {
    storeReplacement(joining, { old, member, oldLeader })
  }
}

/** Nothing that the assignment depends on has changed: only the new id is stored, nobody else hears of it. */
function storeReplacement(
  { scope, group, request, ticket }: Joining,
  { old, member, oldLeader }: { old: GroupMember; member: GroupMember; oldLeader: string | null },
): void {
  const isWaiting = (): boolean => group.state === 'Stable' && member.joinTicket === ticket
  storeGroup(scope, group, ({ assignment }) => assignment, {
    committed() {
      // A rebalance that has begun meanwhile will answer this JoinGroup with its generation.
      if (!isWaiting()) return
      const isLeader = group.leader === member.id
      const answer = joined(group, member)
      startSession(scope, group, member)
      // A leader that assigned now would be alone in the new assignment: nobody else has been called.
      if (request.canSkipAssignment) {
        answerJoin(scope, group, member, {
          ...answer,
          skipAssignment: isLeader,
          members: isLeader ? membersOf(group) : [],
        })
      } else {
        answerJoin(scope, group, member, { ...answer, leader: oldLeader ?? '', members: [] })
      }
    },
    refused(code) {
      if (!isWaiting()) return
      answerJoin(scope, group, member, {
        ...joined(group, member),
        code: refusalOfAppend(code),
        memberId: '',
        members: [],
      })
      scope.out.cancelTimer({ type: 'session', groupId: group.id, memberId: member.id })
      const reverted = group.replace(member, old.id)
      group.setProtocols(reverted, old.protocols)
      reverted.rebalanceTimeoutMs = old.rebalanceTimeoutMs
      reverted.sessionTimeoutMs = old.sessionTimeoutMs
      startSession(scope, group, reverted)
    },
  })
}
