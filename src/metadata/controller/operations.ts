import { allocateProducerIds } from './allocate-producer-ids.ts'
import { alterConfigs } from './alter-configs.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteTopics } from './delete-topics.ts'
import { registerBroker } from './register-broker.ts'

/** Everything that the controller can be asked, by name: request in, records and an answer out. */
export const operations = {
  allocateProducerIds,
  alterConfigs,
  createPartitions,
  createTopics,
  deleteTopics,
  registerBroker,
} as const

export type Operation = keyof typeof operations
export type RequestTo<O extends Operation> = Parameters<(typeof operations)[O]>[1]
export type AnswerOf<O extends Operation> = ReturnType<(typeof operations)[O]>['answer']
