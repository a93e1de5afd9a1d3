import type { GroupService } from '../../consumer-group/group-service.ts'
import { groupErrorOf } from '../group-errors.ts'
import { handler } from '../handler.ts'
import { deleteGroups } from '../schema/delete-groups.ts'

/** Deletes groups without members, with their offsets (KIP-229). Versions 0 to 2: v2 is flexible. */
export const deleteGroupsHandler = (groups: GroupService) =>
  handler(deleteGroups, async (request) => ({
    results: await Promise.all(
      [...new Set(request.groupsNames)].map(async (groupId) => ({
        groupId,
        errorCode: groupErrorOf(await groups.deleteGroup(groupId)),
      })),
    ),
  }))
