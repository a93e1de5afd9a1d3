import type { Broker } from '../../broker/broker.ts'
import { groupOfPartition } from '../../metadata/controller/dealt-groups.ts'
import type { ServedPartition } from '../../replica/served-partition.ts'
import { handler } from '../handler.ts'
import { describeReplicas } from '../schema/own/describe-replicas.ts'

/** Tells how far this broker's replicas are. Version 0 of Trilog's own API. */
export const describeReplicasHandler = (broker: Broker) =>
  handler(describeReplicas, ({ topics: wanted }) => {
    const names = wanted ?? [...broker.image.topics.keys()]
    const topics = names.map((name) => {
      const partitions = (broker.image.topics.get(name)?.partitions ?? []).flatMap(({ index }) => {
        const replica = broker.servedOf(name, index)
        return replica === null ? [] : [stateOf(broker, replica)]
      })
      return { name, partitions }
    })
    return { brokerId: broker.id, topics: topics.filter(({ partitions }) => partitions.length > 0) }
  })

function stateOf({ image }: Broker, replica: ServedPartition) {
  const { topic, partition, leads, epoch, log, highWatermark } = replica
  const { knownLeader, isSuspect } = replica.group
  return {
    partition,
    leads,
    leader: knownLeader ?? -1,
    leaderEpoch: epoch,
    logStartOffset: log.logStartOffset,
    logEndOffset: log.logEndOffset,
    highWatermark,
    suspect: isSuspect,
    group: groupOfPartition(image, topic, partition)?.name ?? null,
  }
}
