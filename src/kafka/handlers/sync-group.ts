import type { GroupService } from '../../consumer-group/group-service.ts'
import { groupErrorOf } from '../group-errors.ts'
import { handler } from '../handler.ts'
import { syncGroup } from '../schema/sync-group.ts'

/**
 * Takes the leader's assignments and gives each member its own. Versions 0 to 5: v3 knows static members, v4 is
 * flexible, v5 names the protocol on both sides (KIP-559) and must.
 */
export const syncGroupHandler = (groups: GroupService) =>
  handler(syncGroup, async (request, { version }) => {
    if (version >= 5 && (request.protocolType === null || request.protocolName === null)) {
      return { errorCode: groupErrorOf('inconsistent-protocol') }
    }
    const answer = await groups.sync({
      groupId: request.groupId,
      generation: request.generationId,
      memberId: request.memberId,
      instanceId: request.groupInstanceId,
      protocolType: request.protocolType,
      protocol: request.protocolName,
      // The group keeps them; the request's bytes are the connection's.
      assignments: request.assignments.map(({ memberId, assignment }) => ({
        memberId,
        assignment: new Uint8Array(assignment),
      })),
    })
    return {
      errorCode: groupErrorOf(answer.code),
      protocolType: answer.protocolType,
      protocolName: answer.protocol,
      assignment: answer.assignment,
    }
  })
