import type { ValidatedBatches } from '../../src/record/batch-validation.ts'
import type { Offset } from '../../src/record/offset.ts'
import { GroupQueue } from '../../src/replica/group-queue.ts'
import type { Appended } from '../../src/replica/appended.ts'
import type { AppendRefusal, ReadRefusal } from '../../src/replica/refusal.ts'
import type { Replica } from '../../src/replica/replica.ts'
import type { ReadAnswer, ReadRequest } from '../../src/replica/reads.ts'
import type { Clock } from '../../src/runtime/clock.ts'

/** What clients of a group write to and read from: its one partition, or one of its queues. */
export interface GroupPart {
  readonly highWatermark: Offset
  append(batches: ValidatedBatches): Appended | AppendRefusal
  read(request: ReadRequest): ReadAnswer | ReadRefusal
}

/** How queues are served; tests put wrong ways in. */
export type ServeQueue = (queue: GroupQueue) => GroupPart

export const serveQueue: ServeQueue = (queue) => ({
  get highWatermark() {
    return queue.highWatermark
  },
  append: (batches) => queue.append(batches, { allInSync: true, timestampType: 'CreateTime' }),
  read: (request) => queue.read(request),
})

export function partsOf(
  replica: Replica,
  { queues, clock, serve }: { queues: number; clock: Clock; serve: ServeQueue },
): GroupPart[] {
  if (queues === 0) return [partitionOf(replica)]
  return Array.from({ length: queues }, (_, partition) => {
    return serve(new GroupQueue({ topic: 'q', topicId: queuesTopicId, partition }, { group: replica, clock }))
  })
}

export const queuesTopicId = 'AAAAAAAAAAAAAAAAAAAAAw'

const partitionOf = (replica: Replica): GroupPart => ({
  get highWatermark() {
    return replica.highWatermark
  },
  append: (batches) => replica.append(batches, { allInSync: true }),
  read: (request) => replica.read(request),
})
