import type { Api } from '../../../codec/api.ts'
import { alterBrokerGroup } from './alter-broker-group.ts'
import { changeReplica } from './change-replica.ts'
import { describeBrokerGroups } from './describe-broker-groups.ts'
import { describeReplicas } from './describe-replicas.ts'
import { promoteReplica } from './promote-replica.ts'

/**
 * What Trilog's own client asks on Kafka's listener beside Kafka's APIs. Their keys are far above Kafka's, and ApiVersions
 * tells of them to nobody else.
 */
export const ownApis: readonly Api[] = [
  alterBrokerGroup,
  describeBrokerGroups,
  describeReplicas,
  promoteReplica,
  changeReplica,
]

/** From this key on APIs are Trilog's own. */
export const firstOwnKey = 20_000

/** What Trilog's own client calls itself (KIP-511). */
export const ownClientName = 'trilog'
