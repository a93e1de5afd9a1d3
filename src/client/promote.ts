import type { ResponseOf } from '../codec/api.ts'
import { promoteReplica } from '../kafka/schema/own/promote-replica.ts'
import type { Cancellable, KafkaClient } from './kafka-client.ts'
import { check } from './kafka-error.ts'

/** What is to be promoted: one replica, or a broker in all that is dealt to a group. */
export type PromotedIn = { readonly group: string } | { readonly topic: string; readonly partition: number }

export type PromotedView = ResponseOf<typeof promoteReplica>['partitions'][number]

/** Has the broker's replicas take the place of primaries; what came of each. Asked once: it waits for answers by itself. */
export async function promote(
  client: KafkaClient,
  what: PromotedIn,
  options: Cancellable & { readonly broker: number; readonly unclean: boolean },
): Promise<readonly PromotedView[]> {
  const { broker: brokerId, unclean, signal } = options
  const answer = await client.call(promoteReplica, { ...what, brokerId, unclean }, { to: 'controller', signal })
  check(answer.errorCode, `promoting broker ${brokerId}`, answer.errorMessage)
  return answer.partitions
}
