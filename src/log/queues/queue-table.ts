import { framePartitionOf, frameTopicIdAt } from './frame.ts'
import type { LogQueue } from './log-queue.ts'
import { type QueueName, queueKey } from './queue-name.ts'

/** The queues of a log by name, and by the bytes of a frame without making a name of them, as that is done for every batch. */
export class QueueTable {
  readonly #byKey = new Map<string, LogQueue>()
  readonly #byHash = new Map<number, LogQueue[]>()

  get(name: QueueName): LogQueue | null {
    return this.#byKey.get(queueKey(name)) ?? null
  }

  /** The queue that the frame at `at` is of; null: it is of none that is known. */
  ofFrame(bytes: Buffer, at: number): LogQueue | null {
    const idAt = frameTopicIdAt(at)
    const partition = framePartitionOf(bytes, at)
    for (const queue of this.#byHash.get(hashOf(bytes, idAt, partition)) ?? []) {
      if (queue.partition === partition && isSameId(queue.topicIdBytes, bytes, idAt)) return queue
    }
    return null
  }

  add(queue: LogQueue): void {
    this.#byKey.set(queueKey(queue), queue)
    const hash = hashOf(queue.topicIdBytes, 0, queue.partition)
    this.#byHash.set(hash, [...(this.#byHash.get(hash) ?? []), queue])
  }

  remove(queue: LogQueue): void {
    this.#byKey.delete(queueKey(queue))
    const hash = hashOf(queue.topicIdBytes, 0, queue.partition)
    const others = (this.#byHash.get(hash) ?? []).filter((kept) => kept !== queue)
    if (others.length > 0) this.#byHash.set(hash, others)
    else this.#byHash.delete(hash)
  }

  all(): LogQueue[] {
    return [...this.#byKey.values()]
  }
}

/** Topic ids are random: a part of one is hash enough. */
const hashOf = (bytes: Buffer, idAt: number, partition: number): number =>
  (bytes.readInt32BE(idAt + 4) + Math.imul(partition, 0x9e3779b1)) | 0

function isSameId(id: Buffer, bytes: Buffer, at: number): boolean {
  for (let word = 0; word < 16; word += 4) {
    if (id.readInt32BE(word) !== bytes.readInt32BE(at + word)) return false
  }
  return true
}
