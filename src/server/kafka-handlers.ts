import type { Broker } from '../broker/broker.ts'
import type { Membership } from '../broker/membership.ts'
import type { Promoter } from '../broker/promoter.ts'
import type { Handler } from '../kafka/handler.ts'
import { alterConfigsHandler } from '../kafka/handlers/alter-configs.ts'
import { alterPartitionReassignmentsHandler } from '../kafka/handlers/alter-partition-reassignments.ts'
import { apiVersionsHandler } from '../kafka/handlers/api-versions.ts'
import { alterBrokerGroupHandler, describeBrokerGroupsHandler } from '../kafka/handlers/broker-groups.ts'
import { changeReplicaHandler } from '../kafka/handlers/change-replica.ts'
import { createPartitionsHandler } from '../kafka/handlers/create-partitions.ts'
import { createTopicsHandler } from '../kafka/handlers/create-topics.ts'
import { deleteGroupsHandler } from '../kafka/handlers/delete-groups.ts'
import { deleteRecordsHandler } from '../kafka/handlers/delete-records.ts'
import { deleteTopicsHandler } from '../kafka/handlers/delete-topics.ts'
import { describeClusterHandler } from '../kafka/handlers/describe-cluster.ts'
import { describeConfigsHandler } from '../kafka/handlers/describe-configs.ts'
import { describeGroupsHandler } from '../kafka/handlers/describe-groups.ts'
import { describeLogDirsHandler } from '../kafka/handlers/describe-log-dirs.ts'
import { describeProducersHandler } from '../kafka/handlers/describe-producers.ts'
import { describeQuorumHandler } from '../kafka/handlers/describe-quorum.ts'
import { describeReplicasHandler } from '../kafka/handlers/describe-replicas.ts'
import { describeTopicPartitionsHandler } from '../kafka/handlers/describe-topic-partitions.ts'
import { electLeadersHandler } from '../kafka/handlers/elect-leaders.ts'
import { fetchHandler } from '../kafka/handlers/fetch.ts'
import { findCoordinatorHandler } from '../kafka/handlers/find-coordinator.ts'
import { heartbeatHandler } from '../kafka/handlers/heartbeat.ts'
import { incrementalAlterConfigsHandler } from '../kafka/handlers/incremental-alter-configs.ts'
import { initProducerIdHandler } from '../kafka/handlers/init-producer-id.ts'
import { joinGroupHandler } from '../kafka/handlers/join-group.ts'
import { leaveGroupHandler } from '../kafka/handlers/leave-group.ts'
import { listConfigResourcesHandler } from '../kafka/handlers/list-config-resources.ts'
import { listGroupsHandler } from '../kafka/handlers/list-groups.ts'
import { listOffsetsHandler } from '../kafka/handlers/list-offsets.ts'
import { listPartitionReassignmentsHandler } from '../kafka/handlers/list-partition-reassignments.ts'
import { metadataHandler } from '../kafka/handlers/metadata.ts'
import { offsetCommitHandler } from '../kafka/handlers/offset-commit.ts'
import { offsetDeleteHandler } from '../kafka/handlers/offset-delete.ts'
import { offsetFetchHandler } from '../kafka/handlers/offset-fetch.ts'
import { offsetForLeaderEpochHandler } from '../kafka/handlers/offset-for-leader-epoch.ts'
import { promoteReplicaHandler } from '../kafka/handlers/promote-replica.ts'
import { produceHandler } from '../kafka/handlers/produce.ts'
import { syncGroupHandler } from '../kafka/handlers/sync-group.ts'
import { unregisterBrokerHandler } from '../kafka/handlers/unregister-broker.ts'
import type { GroupCoordination } from './group-coordination.ts'

/** Every API that is served. What is not in this list is not advertised. */
export function kafkaHandlers(
  broker: Broker,
  groups: GroupCoordination,
  operator: { readonly promoter: Promoter; readonly membership: Membership },
): readonly Handler[] {
  const { service } = groups
  const handlers = [
    apiVersionsHandler(() => handlers),
    metadataHandler(broker),
    produceHandler(broker),
    fetchHandler(broker),
    listOffsetsHandler(broker),
    offsetForLeaderEpochHandler(broker),
    initProducerIdHandler(broker),
    findCoordinatorHandler(groups),
    joinGroupHandler(service),
    syncGroupHandler(service),
    heartbeatHandler(service),
    leaveGroupHandler(service),
    offsetCommitHandler(service, groups),
    offsetFetchHandler(service, groups),
    offsetDeleteHandler(service, groups),
    describeGroupsHandler(service),
    listGroupsHandler(service),
    deleteGroupsHandler(service),
    createTopicsHandler(broker),
    deleteTopicsHandler(broker),
    createPartitionsHandler(broker),
    deleteRecordsHandler(broker),
    electLeadersHandler(broker),
    alterPartitionReassignmentsHandler(broker),
    listPartitionReassignmentsHandler(broker),
    describeConfigsHandler(broker),
    alterConfigsHandler(broker),
    incrementalAlterConfigsHandler(broker),
    listConfigResourcesHandler(broker),
    describeClusterHandler(broker),
    describeTopicPartitionsHandler(broker),
    describeQuorumHandler(broker),
    describeLogDirsHandler(broker),
    describeProducersHandler(broker),
    unregisterBrokerHandler(broker),
    alterBrokerGroupHandler(broker),
    describeBrokerGroupsHandler(broker),
    describeReplicasHandler(broker),
    promoteReplicaHandler(operator.promoter),
    changeReplicaHandler(operator.membership),
  ] as unknown as Handler[]
  return handlers
}
