import type { GroupService } from '../../consumer-group/group-service.ts'
import { groupErrorOf } from '../group-errors.ts'
import { handler } from '../handler.ts'
import { heartbeat } from '../schema/heartbeat.ts'

/** Keeps a member's session alive and tells it of rebalances. Versions 0 to 4: v3 knows static members, v4 is flexible. */
export const heartbeatHandler = (groups: GroupService) =>
  handler(heartbeat, async (request) => {
    const { code } = await groups.heartbeat({
      groupId: request.groupId,
      generation: request.generationId,
      memberId: request.memberId,
      instanceId: request.groupInstanceId,
    })
    return { errorCode: groupErrorOf(code) }
  })
