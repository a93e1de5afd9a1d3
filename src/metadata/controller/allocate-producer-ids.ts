import type { BrokerId } from '../../replication/replica-id.ts'
import type { Decision, DecisionContext } from './decision.ts'

/** Ids of one block, as in Kafka: what a broker that dies leaves unused is never given again. */
const blockLength = 1000

export interface ProducerIdBlock {
  readonly first: number
  /** Exclusive. */
  readonly end: number
}

/** Gives a broker the next block of producer ids. */
export function allocateProducerIds(
  { image }: DecisionContext,
  request: { brokerId: BrokerId },
): Decision<ProducerIdBlock> {
  const first = image.nextProducerId
  const end = first + blockLength
  return {
    records: [{ type: 'producer-ids', brokerId: request.brokerId, nextProducerId: end }],
    answer: { first, end },
  }
}
