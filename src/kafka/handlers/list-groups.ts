import type { GroupService } from '../../consumer-group/group-service.ts'
import { groupErrorOf } from '../group-errors.ts'
import { handler } from '../handler.ts'
import { listGroups } from '../schema/list-groups.ts'

/**
 * Lists the groups that this broker coordinates. Versions 0 to 5: v3 is flexible, v4 tells states and may ask for some
 * of them only (KIP-518), v5 the same for types: here all groups are classic ones.
 */
export const listGroupsHandler = (groups: GroupService) =>
  handler(listGroups, (request) => {
    const answer = groups.list()
    if (answer.code !== 'ok') return { errorCode: groupErrorOf(answer.code) }
    const isWanted = (filter: readonly string[], value: string): boolean =>
      filter.length === 0 || filter.some((wanted) => wanted.toLowerCase() === value.toLowerCase())
    return {
      errorCode: groupErrorOf('ok'),
      groups: answer.groups
        .filter(({ state }) => isWanted(request.statesFilter, state) && isWanted(request.typesFilter, 'classic'))
        .map(({ groupId, protocolType, state }) => ({
          groupId,
          protocolType,
          groupState: state,
          groupType: 'classic',
        })),
    }
  })
