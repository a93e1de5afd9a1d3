import { electLeaders } from '../kafka/schema/elect-leaders.ts'
import type { Cancellable, KafkaClient } from './kafka-client.ts'
import { check, KafkaError } from './kafka-error.ts'

const electionTypes = { preferred: 0, unclean: 1 } as const
/** The partition is led as it was asked for. */
const electionNotNeeded = 84

export interface ElectedLeader {
  readonly topic: string
  readonly partition: number
  readonly outcome: 'elected' | 'not needed' | 'refused'
  /** Why, where it was refused. */
  readonly error: KafkaError | null
}

/** Has partitions led by their preferred replicas, or unclean ones by whoever lives. `topics` null: all that there are. */
export async function electLeadersOf(
  client: KafkaClient,
  asked: {
    readonly type: keyof typeof electionTypes
    readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null
  },
  options: Cancellable = {},
): Promise<readonly ElectedLeader[]> {
  const topicPartitions = asked.topics?.map(({ topic, partitions }) => ({ topic, partitions: [...partitions] })) ?? null
  const body = { electionType: electionTypes[asked.type], topicPartitions, timeoutMs: client.requestTimeoutMs }
  const elected = await client.retry(async () => {
    const answer = await client.call(electLeaders, body, { to: 'controller', signal: options.signal })
    check(answer.errorCode, 'electing leaders')
    return answer.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
      partitionResult.map(({ partitionId, errorCode, errorMessage }): ElectedLeader => {
        const partition = partitionId
        if (errorCode === 0) return { topic, partition, outcome: 'elected', error: null }
        if (errorCode === electionNotNeeded) return { topic, partition, outcome: 'not needed', error: null }
        const error = new KafkaError(errorCode, `electing a leader of ${topic}-${partition}`, errorMessage)
        return { topic, partition, outcome: 'refused', error }
      }),
    )
  }, options)
  client.forget()
  return elected
}
