import type { Broker } from '../../broker/broker.ts'
import type { PartitionImage } from '../../metadata/image.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { listPartitionReassignments } from '../schema/list-partition-reassignments.ts'

/** Tells whose replicas are being moved, as this broker's image has it. Version 0. Topics that are not there, and those at rest, are left out. */
export const listPartitionReassignmentsHandler = ({ coordinator: { image } }: Broker) =>
  handler(listPartitionReassignments, ({ topics: wanted }) => {
    const named = wanted?.map(({ name, partitionIndexes }) => ({ name, indexes: new Set(partitionIndexes) }))
    const asked = named ?? [...image.topics.keys()].map((name) => ({ name, indexes: null }))
    const topics = asked.flatMap(({ name, indexes }) => {
      const partitions = (image.topics.get(name)?.partitions ?? []).flatMap((partition) =>
        indexes === null || indexes.has(partition.index) ? movingOf(partition) : [],
      )
      return partitions.length === 0 ? [] : [{ name, partitions }]
    })
    return { errorCode: kafkaErrors.NONE.code, errorMessage: null, topics }
  })

function movingOf({ index: partitionIndex, replicas, moving }: PartitionImage) {
  if (moving === null) return []
  const { adding, removing } = moving
  const fields = { addingReplicas: [...adding], removingReplicas: [...removing] }
  return [{ partitionIndex, replicas: [...replicas], ...fields }]
}
