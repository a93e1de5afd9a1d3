import { changeReplica as changeReplicaApi } from '../kafka/schema/own/change-replica.ts'
import type { Cancellable, KafkaClient } from './kafka-client.ts'
import { check } from './kafka-error.ts'

/** Has a partition get a replica on that broker, or lose it. False: it was so already. */
export function changeReplica(
  client: KafkaClient,
  change: { readonly topic: string; readonly partition: number; readonly brokerId: number; readonly add: boolean },
  options: Cancellable = {},
): Promise<boolean> {
  const { signal } = options
  return client.retry(async () => {
    const answer = await client.call(changeReplicaApi, change, { to: 'controller', signal })
    check(answer.errorCode, `${change.topic}:${change.partition} on broker ${change.brokerId}`, answer.errorMessage)
    return answer.changed
  }, options)
}
