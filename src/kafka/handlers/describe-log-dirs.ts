import type { Broker } from '../../broker/broker.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { describeLogDirs } from '../schema/describe-log-dirs.ts'

/** The folder that the broker keeps its logs in, and the size of each. Versions 1 to 5; v4 tells the volume's space. */
export const describeLogDirsHandler = (broker: Broker) =>
  handler(describeLogDirs, async (request) => {
    const space = await broker.diskSpace()
    const asked = request.topics === null ? null : new Map(request.topics.map((each) => [each.topic, each.partitions]))
    const topics = new Map<string, { partitionIndex: number; partitionSize: number; offsetLag: number }[]>()
    for (const { topic, partition, log } of broker.replicas()) {
      if (asked !== null && asked.get(topic)?.includes(partition) !== true) continue
      const list = topics.get(topic) ?? []
      list.push({ partitionIndex: partition, partitionSize: log.sizeBytes, offsetLag: 0 })
      topics.set(topic, list)
    }
    return {
      errorCode: kafkaErrors.NONE.code,
      results: [
        {
          errorCode: space === null ? kafkaErrors.KAFKA_STORAGE_ERROR.code : kafkaErrors.NONE.code,
          logDir: broker.dataFolder,
          topics: [...topics].map(([name, partitions]) => ({ name, partitions })),
          totalBytes: space?.totalBytes ?? -1,
          usableBytes: space?.freeBytes ?? -1,
        },
      ],
    }
  })
