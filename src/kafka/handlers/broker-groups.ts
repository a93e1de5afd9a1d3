import type { Broker } from '../../broker/broker.ts'
import { topicsOfGroup } from '../../metadata/controller/broker-groups.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { alterBrokerGroup } from '../schema/own/alter-broker-group.ts'
import { describeBrokerGroups } from '../schema/own/describe-broker-groups.ts'
import { unavailable, unlessUnavailable } from '../unless-unavailable.ts'

const errors = {
  'group-exists': kafkaErrors.DUPLICATE_RESOURCE,
  'invalid-group': kafkaErrors.INVALID_REQUEST,
  'unknown-group': kafkaErrors.RESOURCE_NOT_FOUND,
  'group-in-use': kafkaErrors.POLICY_VIOLATION,
} as const

/** Makes and deletes broker groups. Version 0 of Trilog's own API. */
export const alterBrokerGroupHandler = (broker: Broker) =>
  handler(alterBrokerGroup, async ({ name, members }) => {
    const { coordinator } = broker
    const asked =
      members === null
        ? coordinator.submit('deleteBrokerGroup', { name })
        : coordinator.submit('createBrokerGroup', { name, members, awaitsMembers: false })
    const answer = await unlessUnavailable<Awaited<typeof asked>>(asked)
    if (answer === null) return unavailable
    if (!('message' in answer)) return { errorCode: kafkaErrors.NONE.code }
    return { errorCode: errors[answer.code].code, errorMessage: answer.message }
  })

/** Tells the broker groups. Version 0 of Trilog's own API. */
export const describeBrokerGroupsHandler = (broker: Broker) =>
  handler(describeBrokerGroups, () => {
    const { image } = broker
    const groups = [...image.brokerGroups.values()].map(({ name, members }) => {
      return { name, members: [...members], topics: topicsOfGroup(image, name) }
    })
    return { groups: groups.sort((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true })) }
  })
