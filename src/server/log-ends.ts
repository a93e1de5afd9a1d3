import type { HostedPartitions } from '../broker/hosted-partitions.ts'
import type { ClusterImage } from '../metadata/image.ts'
import { AskFailed, type Asks, Refusal } from '../peer/asks.ts'
import type { GroupName } from '../replica/replication-groups.ts'
import type { LogPosition } from '../replication/log-position.ts'
import type { BrokerId } from '../replication/replica-id.ts'

const subject = 'log end'
const version = 1
const answerMs = 500

interface LogEnd {
  readonly version: number
  readonly lastEpoch: number
  readonly endOffset: number
}

/** Tells other brokers how far the replicas of this one are. Of one that may have lost something nothing is told. */
export function answerLogEnds(asks: Asks, image: ClusterImage, partitions: HostedPartitions): void {
  asks.answer(subject, async (_from, body) => {
    const asked = askedIn(Buffer.from(body).toString('utf8'))
    const topic = asked === null ? null : image.topicById(asked.topicId)
    const replica = topic === null || asked === null ? null : partitions.get(topic.name, asked.partition)
    await replica?.settled()
    if (replica === null || replica.isSuspect || replica.log.fault !== null) throw new Refusal('no such replica here')
    const { lastEpoch, storedUpTo: endOffset } = replica.log
    return Buffer.from(JSON.stringify({ version, lastEpoch, endOffset } satisfies LogEnd))
  })
}

function askedIn(text: string): GroupName | null {
  try {
    const asked = JSON.parse(text) as (GroupName & { version: number }) | null
    return asked?.version === version ? asked : null
  } catch {
    return null
  }
}

/** How far the broker's replica is; null: it does not say. */
export async function askLogEnd(
  asks: Asks,
  broker: BrokerId,
  group: GroupName,
): Promise<{ broker: BrokerId; position: LogPosition } | null> {
  try {
    const answer = await asks.ask(broker, subject, Buffer.from(JSON.stringify({ version, ...group })), answerMs)
    const { lastEpoch, endOffset } = JSON.parse(Buffer.from(answer).toString('utf8')) as LogEnd
    return { broker, position: { lastEpoch, endOffset } }
  } catch (error) {
    if (error instanceof AskFailed) return null
    throw error
  }
}
