import type { ClassicGroup } from './classic-group.ts'
import type { JoinAnswer, LeaveAnswer, OffsetsAnswer, SyncAnswer } from './group-events.ts'
import { type GroupMember, metadataOf, noBytes } from './group-member.ts'
import type { GroupRefusalCode } from './group-refusal.ts'

export function joinRefused(code: GroupRefusalCode, memberId: string): JoinAnswer {
  return {
    code,
    memberId,
    generation: -1,
    protocolType: null,
    protocol: null,
    leader: '',
    skipAssignment: false,
    members: [],
  }
}

/** The present generation as one member is told of it; the leader gets everyone's metadata. */
export function joined(group: ClassicGroup, member: GroupMember): JoinAnswer {
  return {
    code: 'ok',
    memberId: member.id,
    generation: group.generation,
    protocolType: group.protocolType,
    protocol: group.protocol,
    leader: group.leader ?? '',
    skipAssignment: false,
    members: group.leader === member.id ? membersOf(group) : [],
  }
}

export function membersOf(group: ClassicGroup): JoinAnswer['members'] {
  return [...group.members.values()].map((member) => ({
    memberId: member.id,
    instanceId: member.instanceId,
    metadata: metadataOf(member, group.protocol),
  }))
}

export function syncRefused(code: GroupRefusalCode): SyncAnswer {
  return { code, protocolType: null, protocol: null, assignment: noBytes }
}

export function synced(group: ClassicGroup, member: GroupMember): SyncAnswer {
  return {
    code: 'ok',
    protocolType: group.protocolType,
    protocol: group.protocol,
    assignment: member.assignment,
  }
}

export function leaveRefused(code: GroupRefusalCode): LeaveAnswer {
  return { code, members: [] }
}

export function offsetsRefused(code: GroupRefusalCode): OffsetsAnswer {
  return { code, topics: [] }
}
