import type { BrokerGroupSetting } from '../config/broker-group-setting.ts'
import { type Coordinator, CoordinatorUnavailable } from '../metadata/coordinator/coordinator.ts'
import type { Logger } from '../runtime/logger.ts'

/**
 * Makes the broker groups that this broker's configuration names and the cluster does not have. One that it has otherwise stays
 * as it is; what could not be made now is made at the next start.
 */
export async function makeBrokerGroups(
  { coordinator, logger }: { coordinator: Coordinator; logger: Logger },
  groups: readonly BrokerGroupSetting[],
): Promise<void> {
  for (const group of groups) {
    // Promotions have changed its order since, or somebody its members.
    if (coordinator.image.brokerGroups.has(group.name)) continue
    try {
      const answer = await coordinator.submit('createBrokerGroup', { ...group, awaitsMembers: true })
      if (answer.code !== 'created') logger.warn({ ...group, why: answer.message }, 'a broker group was not made')
    } catch (error) {
      if (!(error instanceof CoordinatorUnavailable)) throw error
      logger.warn({ ...group, why: error.message }, 'a broker group was not made')
    }
  }
}
