import type { ClusterImage } from '../metadata/image.ts'
import { GroupQueue } from '../replica/group-queue.ts'
import type { Replica } from '../replica/replica.ts'
import type { Clock } from '../runtime/clock.ts'

/**
 * The queues in the commit logs that this broker hosts, as clients meet them: those of topics that the image knows. One stands for a queue
 * for as long as its log is open, since who waits for it is kept by it.
 */
export class HostedQueues {
  readonly #image: ClusterImage
  readonly #clock: Clock
  readonly #queues = new Map<string, Map<number, GroupQueue>>()

  constructor({ image, clock }: { image: ClusterImage; clock: Clock }) {
    this.#image = image
    this.#clock = clock
  }

  /** The queue that the partition is, in the log of that replica; null: there is no such partition. */
  of(topic: string, partition: number, group: Replica): GroupQueue | null {
    const topicId = this.#image.topics.get(topic)?.id
    if (topicId === undefined) return null
    const queues = this.#queues.get(topicId) ?? new Map<number, GroupQueue>()
    const known = queues.get(partition)
    if (known?.group === group) return known
    const queue = new GroupQueue({ topic, topicId, partition }, { group, clock: this.#clock })
    this.#queues.set(topicId, queues.set(partition, queue))
    return queue
  }

  /** The topic is gone: what these logs have of it is of no queue any more, and goes with its segments. */
  async drop(topicId: string, logs: Iterable<Replica>): Promise<void> {
    this.#queues.delete(topicId)
    for (const { log } of logs) await log.queues?.drop(topicId)
  }
}
