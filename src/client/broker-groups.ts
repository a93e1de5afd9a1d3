import type { ResponseOf } from '../codec/api.ts'
import { alterBrokerGroup } from '../kafka/schema/own/alter-broker-group.ts'
import { describeBrokerGroups } from '../kafka/schema/own/describe-broker-groups.ts'
import type { Cancellable, KafkaClient } from './kafka-client.ts'
import { check } from './kafka-error.ts'

export type BrokerGroupView = ResponseOf<typeof describeBrokerGroups>['groups'][number]

/** Makes a broker group of these brokers, the primary first; null: deletes it. Repeats are no error. */
export function changeBrokerGroup(
  client: KafkaClient,
  name: string,
  members: readonly number[] | null,
  options: Cancellable = {},
): Promise<void> {
  const { signal } = options
  const body = { name, members: members === null ? null : [...members] }
  return client.retry(async () => {
    const answer = await client.call(alterBrokerGroup, body, { to: 'controller', signal })
    check(answer.errorCode, `broker group ${name}`, answer.errorMessage)
  }, options)
}

/** The broker groups of the cluster, by name. */
export function brokerGroups(client: KafkaClient, options: Cancellable = {}): Promise<readonly BrokerGroupView[]> {
  const { signal } = options
  return client.retry(async () => (await client.call(describeBrokerGroups, {}, { to: 'any', signal })).groups, options)
}
