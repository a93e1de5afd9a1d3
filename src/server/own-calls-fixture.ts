import { alterBrokerGroup } from '../kafka/schema/own/alter-broker-group.ts'
import { changeReplica } from '../kafka/schema/own/change-replica.ts'
import { describeBrokerGroups } from '../kafka/schema/own/describe-broker-groups.ts'
import { describeReplicas } from '../kafka/schema/own/describe-replicas.ts'
import { promoteReplica } from '../kafka/schema/own/promote-replica.ts'
import { call, type KafkaCall } from './kafka-call-fixture.ts'

/** Calls of Trilog's own APIs: of each, what works and what is refused. */
export const ownCalls: readonly KafkaCall[] = [
  call(alterBrokerGroup, 'made', { name: 'pair', members: [1] }),
  call(alterBrokerGroup, 'of a broker that is not there', { name: 'odd', members: [99] }),
  call(describeBrokerGroups, 'all', {}),
  call(alterBrokerGroup, 'deleted', { name: 'pair', members: null }),
  call(alterBrokerGroup, 'deleted again', { name: 'pair', members: null }),
  call(describeReplicas, 'all', { topics: null }),
  call(describeReplicas, 'some', { topics: ['words', 'nothing'] }),
  call(changeReplica, 'of a broker that is not there', { topic: 'words', partition: 0, brokerId: 99, add: true }),
  call(changeReplica, 'the only one', { topic: 'words', partition: 0, brokerId: 1, add: false }),
  call(promoteReplica, 'of no such group', { group: 'none', brokerId: 1, unclean: false }),
  call(promoteReplica, 'of a topic that elects', { topic: 'words', partition: 0, brokerId: 1, unclean: false }),
]
