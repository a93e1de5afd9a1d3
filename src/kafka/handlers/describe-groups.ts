import type { GroupService } from '../../consumer-group/group-service.ts'
import { allOperations } from '../authorized-operations.ts'
import { groupErrorOf } from '../group-errors.ts'
import { handler } from '../handler.ts'
import { describeGroups } from '../schema/describe-groups.ts'

/**
 * Describes groups with their members. Versions 0 to 6: v3 may ask what the caller may do, v4 tells instance ids, v5 is
 * flexible, v6 tells a group that there is not by GROUP_ID_NOT_FOUND (KIP-1043); before, it was a dead group.
 */
export const describeGroupsHandler = (groups: GroupService) =>
  handler(describeGroups, (request, { version }) => ({
    groups: request.groups.map((groupId) => {
      const group = groups.describe(groupId)
      if (group.code !== 'ok') return { groupId, errorCode: groupErrorOf(group.code) }
      if (group.state === 'Dead' && version >= 6) {
        const errorMessage = `There is no group ${groupId}.`
        return { groupId, groupState: group.state, errorCode: groupErrorOf('group-not-found'), errorMessage }
      }
      return {
        groupId,
        errorCode: groupErrorOf('ok'),
        groupState: group.state,
        protocolType: group.protocolType,
        protocolData: group.protocol,
        members: group.members.map((member) => ({
          memberId: member.memberId,
          groupInstanceId: member.instanceId,
          clientId: member.clientId,
          clientHost: member.clientHost,
          memberMetadata: member.metadata,
          memberAssignment: member.assignment,
        })),
        ...(request.includeAuthorizedOperations ? { authorizedOperations: allOperations.group } : {}),
      }
    }),
  }))
