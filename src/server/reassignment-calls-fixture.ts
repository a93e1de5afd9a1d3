import { alterPartitionReassignments } from '../kafka/schema/alter-partition-reassignments.ts'
import { listPartitionReassignments } from '../kafka/schema/list-partition-reassignments.ts'
import { call, type KafkaCall } from './kafka-call-fixture.ts'

/** Calls that move replicas, as far as one broker can be asked to. */
export const reassignmentCalls: readonly KafkaCall[] = [
  call(alterPartitionReassignments, 'to where they are, to nowhere, of one that is not there, to be called off', {
    topics: [
      {
        name: 'words',
        partitions: [
          { partitionIndex: 0, replicas: [1] },
          { partitionIndex: 1, replicas: [] },
          { partitionIndex: 2, replicas: [4711] },
          { partitionIndex: 99, replicas: [1] },
        ],
      },
      { name: 'stamped', partitions: [{ partitionIndex: 0, replicas: null }] },
    ],
  }),
  call(listPartitionReassignments, 'all', { topics: null }),
  call(listPartitionReassignments, 'of some', {
    topics: [
      { name: 'words', partitionIndexes: [0, 99] },
      { name: 'nowhere', partitionIndexes: [0] },
    ],
  }),
]
