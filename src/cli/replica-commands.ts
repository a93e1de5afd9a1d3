import { changeReplica } from '../client/change-replica.ts'
import { type ClientOptions, withClient } from './client-session.ts'
import { type OutputOptions, printDone } from './output.ts'

/** Has a broker hold a partition as well, or no more. */
export async function changeReplicas(
  { topic, partition }: { readonly topic: string; readonly partition: number },
  brokerId: number,
  options: ClientOptions & OutputOptions & { readonly add: boolean },
): Promise<void> {
  const { add } = options
  const changed = await withClient(options, (client) => changeReplica(client, { topic, partition, brokerId, add }))
  const name = `${topic}:${partition}`
  const done = add
    ? `Broker ${brokerId} follows ${name}, and counts once it has caught up.`
    : `Broker ${brokerId} holds ${name} no more.`
  const was = add ? `Broker ${brokerId} holds ${name} already.` : `Broker ${brokerId} did not hold ${name}.`
  printDone(options, { topic, partition, broker: brokerId, add, changed }, changed ? done : was)
}
