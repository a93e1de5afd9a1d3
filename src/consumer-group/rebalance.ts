import type { ClassicGroup } from './classic-group.ts'
import { joined, joinRefused, synced, syncRefused } from './group-answers.ts'
import type { JoinAnswer, SyncAnswer } from './group-events.ts'
import { type GroupMember, metadataOf, noBytes } from './group-member.ts'
import type { StoredGroup } from './group-record.ts'
import type { GroupRefusalCode } from './group-refusal.ts'
import { type GroupScope, noteOf } from './group-scope.ts'
import type { AppendRefusalCode } from './offsets-topic.ts'

/** Starts a rebalance if the group can begin one; if one is under way, ends its preparation when all are there. */
export function rebalanceOrComplete(scope: GroupScope, group: ClassicGroup, reason: string): void {
  if (group.state === 'PreparingRebalance') completeIfAllJoined(scope, group)
  else prepareRebalance(scope, group, reason)
}

/** Calls all members to join again. The first rebalance of an empty group waits a while for company instead. */
export function prepareRebalance(scope: GroupScope, group: ClassicGroup, reason: string): void {
  if (group.state === 'CompletingRebalance') refuseSyncs(scope, group, 'rebalance-in-progress')
  group.pendingSync.clear()
  scope.out.cancelTimer({ type: 'sync', groupId: group.id })
  const isInitial = group.state === 'Empty'
  group.transition('PreparingRebalance', scope.nowMs)
  scope.out.note(noteOf('rebalance-started', group, reason))
  if (isInitial) {
    const delayMs = scope.settings.initialRebalanceDelayMs
    group.initialDelay = { delayMs, remainingMs: Math.max(group.rebalanceTimeoutMs - delayMs, 0) }
    scope.out.setTimer({ type: 'join', groupId: group.id }, delayMs)
  } else if (group.allJoined) {
    completeJoin(scope, group)
  } else {
    scope.out.setTimer({ type: 'join', groupId: group.id }, group.rebalanceTimeoutMs)
  }
}

/** Ends the preparation when nobody is waited for; the first rebalance runs its delay all the same. */
export function completeIfAllJoined(scope: GroupScope, group: ClassicGroup): void {
  if (group.state === 'PreparingRebalance' && !group.isInitialRebalance && group.allJoined) completeJoin(scope, group)
}

/** The members had their time to join. New members during the first rebalance's delay extend it, up to the longest rebalance timeout. */
export function onJoinTimer(scope: GroupScope, group: ClassicGroup): void {
  if (group.state !== 'PreparingRebalance') return
  const { initialDelay } = group
  if (initialDelay === null || !group.newMemberAdded || initialDelay.remainingMs === 0) {
    completeJoin(scope, group)
    return
  }
  const delayMs = Math.min(scope.settings.initialRebalanceDelayMs, initialDelay.remainingMs)
  group.newMemberAdded = false
  group.initialDelay = { delayMs, remainingMs: Math.max(initialDelay.remainingMs - initialDelay.delayMs, 0) }
  scope.out.setTimer({ type: 'join', groupId: group.id }, delayMs)
}

/** Goes on with those who have joined: a new generation, or, with nobody left, an empty group. */
function completeJoin(scope: GroupScope, group: ClassicGroup): void {
  scope.out.cancelTimer({ type: 'join', groupId: group.id })
  // Static members keep their place through an absence shorter than their session timeout.
  const absent = [...group.members.values()].filter(
    ({ joinTicket, instanceId }) => joinTicket === null && instanceId === null,
  )
  for (const member of absent) removeMember(scope, group, member)
  if (group.members.size > 0 && !group.electJoinedLeader()) {
    // Only absent static members are left: nobody could lead. Their sessions, or their return, decide.
    group.initialDelay = null
    scope.out.setTimer({ type: 'join', groupId: group.id }, group.rebalanceTimeoutMs)
    return
  }
  group.nextGeneration(scope.nowMs)
  if (group.state === 'Empty') {
    scope.out.note(noteOf('group-empty', group, null))
    storeGroup(scope, group, () => noBytes, { committed() {}, refused() {} })
    return
  }
  for (const member of group.members.values()) {
    answerJoin(scope, group, member, joined(group, member))
    member.isNew = false
    startSession(scope, group, member)
    group.pendingSync.add(member.id)
  }
  scope.out.setTimer({ type: 'sync', groupId: group.id }, group.rebalanceTimeoutMs)
}

/** Everyone has asked for an assignment that is there: nobody is watched for that any longer. */
export function endSyncIfComplete(scope: GroupScope, group: ClassicGroup): void {
  if (group.state !== 'Stable' || group.pendingSync.size > 0) return
  scope.out.cancelTimer({ type: 'sync', groupId: group.id })
}

/** Members that did not ask for their assignment within the rebalance timeout are out, and nobody waits for it longer. */
export function onSyncTimer(scope: GroupScope, group: ClassicGroup): void {
  if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return
  const silent = [...group.pendingSync]
  for (const id of silent) {
    const member = group.member(id)
    if (member === null) group.pendingSync.delete(id)
    else removeMember(scope, group, member)
  }
  const late = silent.length === 0 ? 'the assignment was not stored in time' : 'members did not sync in time'
  prepareRebalance(scope, group, late)
}

/** The session timer of a member, or of an id that was given out, has run out. */
export function onSessionTimer(scope: GroupScope, group: ClassicGroup, memberId: string): void {
  if (group.pendingMembers.has(memberId)) {
    group.remove(memberId)
    // Or a group that waits for this id only would wait for its whole rebalance timeout.
    completeIfAllJoined(scope, group)
    return
  }
  const member = group.member(memberId)
  if (member === null) return
  // Who waits for the others is alive; its session starts again with the answer. A new member's own limit holds.
  if (!member.isNew && (member.joinTicket !== null || member.syncTicket !== null)) return
  removeMember(scope, group, member)
  rebalanceOrComplete(scope, group, `member ${memberId} was silent for its session timeout`)
}

/** Takes a member out and answers what it waits for. Whether the others rebalance is the caller's to say. */
export function removeMember(scope: GroupScope, group: ClassicGroup, member: GroupMember): void {
  answerJoin(scope, group, member, joinRefused('unknown-member', ''))
  answerSync(scope, member, syncRefused('unknown-member'))
  group.remove(member.id)
  scope.out.cancelTimer({ type: 'session', groupId: group.id, memberId: member.id })
}

/** Takes back an id that was given out; false when it was not, or is a member's by now. */
export function dropPending(scope: GroupScope, group: ClassicGroup, memberId: string): boolean {
  if (!group.pendingMembers.delete(memberId)) return false
  scope.out.cancelTimer({ type: 'session', groupId: group.id, memberId })
  return true
}

export function startSession(scope: GroupScope, group: ClassicGroup, member: GroupMember): void {
  scope.out.setTimer({ type: 'session', groupId: group.id, memberId: member.id }, member.sessionTimeoutMs)
}

/** Answers the member's JoinGroup, if one waits. */
export function answerJoin(scope: GroupScope, group: ClassicGroup, member: GroupMember, answer: JoinAnswer): void {
  const ticket = group.takeJoinTicket(member)
  if (ticket !== null) scope.out.answer(ticket, answer)
}

/** Answers the member's SyncGroup, if one waits; true if so. */
export function answerSync(scope: GroupScope, member: GroupMember, answer: SyncAnswer): boolean {
  if (member.syncTicket === null) return false
  scope.out.answer(member.syncTicket, answer)
  member.syncTicket = null
  return true
}

/** Nobody gets an assignment: the generation is over before it began. */
export function refuseSyncs(scope: GroupScope, group: ClassicGroup, code: GroupRefusalCode): void {
  for (const member of group.members.values()) {
    member.assignment = noBytes
    if (answerSync(scope, member, syncRefused(code))) startSession(scope, group, member)
  }
}

/** The assignment is committed: everyone who waits for it gets theirs. */
export function becomeStable(scope: GroupScope, group: ClassicGroup, stored: StoredGroup): void {
  const assignments = new Map(stored.members.map(({ memberId, assignment }) => [memberId, assignment]))
  group.transition('Stable', scope.nowMs)
  scope.out.note(noteOf('generation-stable', group, null))
  for (const member of group.members.values()) {
    member.assignment = assignments.get(member.id) ?? noBytes
    // A session that ended while its member waited was let pass: it must be started again.
    if (answerSync(scope, member, synced(group, member))) startSession(scope, group, member)
  }
  endSyncIfComplete(scope, group)
}

/** Appends the group's record, with the assignments that `assignmentOf` gives. */
export function storeGroup(
  scope: GroupScope,
  group: ClassicGroup,
  assignmentOf: (member: GroupMember) => Uint8Array,
  outcome: { committed(stored: StoredGroup): void; refused(code: AppendRefusalCode): void },
): void {
  const value: StoredGroup = {
    protocolType: group.protocolType ?? '',
    generation: group.generation,
    protocol: group.protocol,
    leader: group.leader,
    stateTimestamp: group.stateTimestamp,
    members: [...group.members.values()].map((member) => ({
      memberId: member.id,
      instanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
      subscription: metadataOf(member, group.protocol),
      assignment: assignmentOf(member),
    })),
  }
  scope.out.append([{ type: 'group', groupId: group.id, value }], {
    committed: () => outcome.committed(value),
    refused: (code) => outcome.refused(code),
  })
}
