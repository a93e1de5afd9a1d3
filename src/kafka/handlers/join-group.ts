import type { GroupService } from '../../consumer-group/group-service.ts'
import { groupErrorOf } from '../group-errors.ts'
import { handler } from '../handler.ts'
import { joinGroup } from '../schema/join-group.ts'

/**
 * Joins a group; answered when the rebalance's members have come. Versions 0 to 9: v1 has a rebalance timeout of its
 * own, v4 gives a new member its id first (KIP-394), v5 knows static members (KIP-345), v6 is flexible, v7 tells the
 * protocol type, v8 has a reason (KIP-800), v9 may tell the leader to skip the assignment.
 */
export const joinGroupHandler = (groups: GroupService) =>
  handler(joinGroup, async (request, { version, clientId, clientHost }) => {
    const answer = await groups.join({
      groupId: request.groupId,
      memberId: request.memberId,
      instanceId: request.groupInstanceId,
      clientId: clientId ?? '',
      clientHost,
      sessionTimeoutMs: request.sessionTimeoutMs,
      rebalanceTimeoutMs: version === 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
      protocolType: request.protocolType,
      // The group keeps them; the request's bytes are the connection's.
      protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: new Uint8Array(metadata) })),
      requiresMemberId: version >= 4,
      canSkipAssignment: version >= 9,
      reason: request.reason,
    })
    return {
      errorCode: groupErrorOf(answer.code),
      generationId: answer.generation,
      protocolType: answer.protocolType,
      // Older versions have no null.
      protocolName: answer.protocol ?? (version >= 7 ? null : ''),
      leader: answer.leader,
      skipAssignment: answer.skipAssignment,
      memberId: answer.memberId,
      members: answer.members.map(({ memberId, instanceId, metadata }) => ({
        memberId,
        groupInstanceId: instanceId,
        metadata,
      })),
    }
  })
