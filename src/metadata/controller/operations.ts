import { adoptTopics } from './adopt-topics.ts'
import { allocateProducerIds } from './allocate-producer-ids.ts'
import { alterConfigs } from './alter-configs.ts'
import { alterInSync } from './alter-in-sync.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteTopics } from './delete-topics.ts'
import { fenceBroker } from './fence-broker.ts'
import { giveUpCopies, takeBackCopies } from './give-up-copies.ts'
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
  createPartitions,
  createTopics,
  deleteTopics,
  fenceBroker,
  giveUpCopies,
  registerBroker,
  seatLeader,
  takeBackCopies,
  unfenceBroker,
  unregisterBroker,
} as const

export type Operation = keyof typeof operations
export type RequestTo<O extends Operation> = Parameters<(typeof operations)[O]>[1]
export type AnswerOf<O extends Operation> = ReturnType<(typeof operations)[O]>['answer']
