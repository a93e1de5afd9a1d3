import { MalformedInput } from '../codec/malformed-input.ts'
import { decode, message } from '../codec/message.ts'
import { Reader } from '../codec/reader.ts'
import { batchPortions, portionBytes } from '../log/batch-portions.ts'
import { ReadBuffers } from '../log/read-buffers.ts'
import { crcHolds } from '../record/batch-crc.ts'
import { readRecords } from '../record/record-reader.ts'
import type { Disk } from '../runtime/disk.ts'
import { resourceTypes } from './image.ts'

/** What Kafka's own metadata log says of a topic. */
export interface KafkaTopic {
  readonly id: string
  readonly partitions: number
  /** Only what was set for the topic itself. */
  readonly configs: ReadonlyMap<string, string>
}

export interface KafkaMetadata {
  readonly topics: ReadonlyMap<string, KafkaTopic>
  /** The first producer id that Kafka has given to nobody. */
  readonly nextProducerId: number
}

const flexible = { flexibleSince: 0 }
const topicRecord = message(
  {
    name: { type: 'string', about: 'Name of the topic.' },
    topicId: { type: 'uuid', about: 'Its id.' },
  },
  flexible,
)
/** What it begins with; the rest is about replicas that are of no concern here. */
const partitionRecord = message({
  partition: { type: 'int32', about: 'Partition within the topic.' },
  topicId: { type: 'uuid', about: 'The topic.' },
})
const configRecord = message(
  {
    resourceType: { type: 'int8', about: '2 topic, 4 broker.' },
    resourceName: { type: 'string', about: 'The topic.' },
    name: { type: 'string', about: 'Name of the setting.' },
    value: { type: 'string', nullableSince: 0, about: 'Null takes the setting back.' },
  },
  flexible,
)
const removeTopicRecord = message({ topicId: { type: 'uuid', about: 'The topic that is gone.' } }, flexible)
const producerIdsRecord = message(
  {
    brokerId: { type: 'int32', about: 'Who got the block.' },
    brokerEpoch: { type: 'int64', about: 'Its registration.' },
    nextProducerId: { type: 'int64', about: 'First id of the next block.' },
  },
  flexible,
)

/** Kafka's numbers of the kinds of records that matter here (MetadataRecordType). */
const kinds = { topic: 2, partition: 3, config: 4, removeTopic: 9, producerIds: 15 } as const

/**
 * Topics and their settings by the replica of Kafka's metadata log that every broker of a KRaft cluster keeps: its newest
 * snapshot, and the log behind it. Null: the folder has none, as one from a time before KRaft. Throws `MalformedInput` on
 * records that cannot be read.
 */
export async function readKafkaMetadata(disk: Disk, folder: string): Promise<KafkaMetadata | null> {
  if (!(await disk.exists(folder))) return null
  const names = (await disk.list(folder)).filter(({ kind }) => kind === 'file').map(({ name }) => name)
  const snapshot = names
    .filter((name) => /^\d{20}-\d{10}\.checkpoint$/.test(name))
    .sort()
    .at(-1)
  const segments = names.filter((name) => /^\d{20}\.log$/.test(name)).sort()
  const seen = new Topics()
  if (snapshot !== undefined) await seen.takeFile(disk, `${folder}/${snapshot}`, 0)
  const from = Number(snapshot?.slice(0, 20) ?? 0)
  for (const segment of segments) await seen.takeFile(disk, `${folder}/${segment}`, from)
  return seen
}

class Topics implements KafkaMetadata {
  readonly topics = new Map<string, { id: string; partitions: number; configs: Map<string, string> }>()
  nextProducerId = 0
  readonly #configs = new Map<string, Map<string, string>>()
  readonly #names = new Map<string, string>()

  async takeFile(disk: Disk, path: string, fromOffset: number): Promise<void> {
    const file = await disk.open(path, 'read')
    try {
      for await (const { batches } of batchPortions(file, await file.size(), new ReadBuffers(portionBytes * 2))) {
        for (const { header, position } of batches) {
          if (header.isControl || header.baseOffset < fromOffset) continue
          if (!crcHolds(header.bytes, 0))
            throw new MalformedInput(`the CRC of a batch of ${path} does not hold`, position)
          for (const { value } of await readRecords(header)) if (value !== null) this.#take(value)
        }
      }
    } finally {
      await file.close()
    }
  }

  #take(value: Uint8Array): void {
    const reader = new Reader(value)
    const frame = reader.unsignedVarint()
    if (frame !== 1) throw new MalformedInput(`a record of Kafka's metadata in frame version ${frame}`, 0)
    const kind = reader.unsignedVarint()
    const version = reader.unsignedVarint()
    if (kind === kinds.topic) {
      const { name, topicId } = decode(topicRecord, reader, version)
      this.topics.set(name, { id: topicId, partitions: 0, configs: this.#configsOf(name) })
      this.#names.set(topicId, name)
    } else if (kind === kinds.partition) this.#onPartition(decode(partitionRecord, reader, version))
    else if (kind === kinds.removeTopic) this.#remove(decode(removeTopicRecord, reader, version).topicId)
    else if (kind === kinds.config) {
      const { resourceType, resourceName, name, value: text } = decode(configRecord, reader, version)
      if (resourceType !== resourceTypes.topic) return
      if (text === null) this.#configsOf(resourceName).delete(name)
      else this.#configsOf(resourceName).set(name, text)
    } else if (kind === kinds.producerIds) {
      this.nextProducerId = decode(producerIdsRecord, reader, version).nextProducerId
    }
  }

  #onPartition({ topicId, partition }: { topicId: string; partition: number }): void {
    const topic = this.topics.get(this.#names.get(topicId) ?? '')
    if (topic !== undefined) topic.partitions = Math.max(topic.partitions, partition + 1)
  }

  #remove(topicId: string): void {
    const name = this.#names.get(topicId)
    if (name === undefined) return
    this.#names.delete(topicId)
    this.topics.delete(name)
    this.#configs.delete(name)
  }

  /** In a snapshot settings may stand before or behind their topic. */
  #configsOf(topic: string): Map<string, string> {
    const configs = this.#configs.get(topic) ?? new Map<string, string>()
    this.#configs.set(topic, configs)
    return configs
  }
}
