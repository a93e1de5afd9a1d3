import { adoptTopics } from './adopt-topics.ts'
import { allocateProducerIds } from './allocate-producer-ids.ts'
import { alterConfigs } from './alter-configs.ts'
import { alterInSync } from './alter-in-sync.ts'
import { alterReassignments } from './alter-reassignments.ts'
import { changeReplicas } from './change-replicas.ts'
import { createBrokerGroup, deleteBrokerGroup, orderBrokerGroup } from './broker-groups.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteTopics } from './delete-topics.ts'
import { electLeaders } from './elect-leaders.ts'
import { electUnclean } from './elect-unclean.ts'
import { fenceBroker } from './fence-broker.ts'
import { giveUpCopies, takeBackCopies } from './give-up-copies.ts'
import { mirrorVoters } from './mirror-voters.ts'
import { promoteReplica, withdrawPromotion } from './promote-replica.ts'
import { registerBroker } from './register-broker.ts'
import { seatLeader } from './seat-leader.ts'
import { unfenceBroker } from './unfence-broker.ts'
import { unregisterBroker } from './unregister-broker.ts'

/** Everything that the controller can be asked, by name: request in, records and an answer out. */
export const operations = {
  adoptTopics,
  allocateProducerIds,
  alterConfigs,
  alterInSync,
  alterReassignments,
  changeReplicas,
  createBrokerGroup,
  createPartitions,
  createTopics,
  deleteBrokerGroup,
  deleteTopics,
  electLeaders,
  electUnclean,
  fenceBroker,
  giveUpCopies,
  mirrorVoters,
  orderBrokerGroup,
  promoteReplica,
  registerBroker,
  seatLeader,
  takeBackCopies,
  unfenceBroker,
  unregisterBroker,
  withdrawPromotion,
} as const

export type Operation = keyof typeof operations
export type RequestTo<O extends Operation> = Parameters<(typeof operations)[O]>[1]
export type AnswerOf<O extends Operation> = ReturnType<(typeof operations)[O]>['answer']
