import type { GroupService } from '../../consumer-group/group-service.ts'
import { groupErrorOf } from '../group-errors.ts'
import { handler } from '../handler.ts'
import { leaveGroup } from '../schema/leave-group.ts'

/**
 * Takes members out of a group. Versions 0 to 5: before v3 one, whose error is the request's; from then on several, by
 * id or instance id, with an error each; v4 is flexible, v5 has reasons (KIP-800).
 */
export const leaveGroupHandler = (groups: GroupService) =>
  handler(leaveGroup, async (request, { version }) => {
    const one = [{ memberId: request.memberId, groupInstanceId: null, reason: null }]
    const leaving = version < 3 ? one : request.members
    const answer = await groups.leave({
      groupId: request.groupId,
      members: leaving.map(({ memberId, groupInstanceId, reason }) => ({
        memberId,
        instanceId: groupInstanceId,
        reason,
      })),
    })
    const [first] = answer.members
    if (version < 3) return { errorCode: groupErrorOf(answer.code === 'ok' && first ? first.code : answer.code) }
    return {
      errorCode: groupErrorOf(answer.code),
      members: answer.members.map(({ memberId, instanceId, code }) => ({
        memberId,
        groupInstanceId: instanceId,
        errorCode: groupErrorOf(code),
      })),
    }
  })
