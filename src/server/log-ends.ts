import type { HostedPartitions } from '../broker/hosted-partitions.ts'
import { MalformedInput } from '../codec/malformed-input.ts'
import type { ClusterImage } from '../metadata/image.ts'
import { decodeAskBody, encodeAskBody } from '../peer/ask-bodies.ts'
import { AskFailed, type Asks, Refusal } from '../peer/asks.ts'
import type { GroupName } from '../replica/replication-groups.ts'
import type { LeaderEpoch } from '../record/offset.ts'
import type { ReplicationRules } from '../replication/rules.ts'
import type { LogPosition } from '../replication/log-position.ts'
import type { BrokerId } from '../replication/replica-id.ts'

const subject = 'log end'
const answerMs = 500

interface AskedEnd extends GroupName {
  /** Nobody who leads in an earlier epoch may be followed any more by one that answers. */
  readonly epoch: LeaderEpoch
}

/**
 * Tells other brokers how far the replicas of this one are. Of one that may have lost something nothing is told, nor of one that may still
 * follow in an epoch before the one that is asked for: its log may yet grow, by what is acknowledged then.
 */
export function answerLogEnds(
  asks: Asks,
  parts: { image: ClusterImage; partitions: HostedPartitions; rules: ReplicationRules },
): void {
  const { image, partitions, rules } = parts
  asks.answer(subject, async (_from, body) => {
    const { topicId, partition, epoch } = decodeAskBody(body) as AskedEnd
    const topic = image.topicById(topicId)
    const replica = topic === null ? null : partitions.get(topic.name, partition)
    await replica?.settled()
    if (replica === null || replica.isSuspect || replica.log.fault !== null) throw new Refusal('no such replica here')
    if (!rules.hasPromised(replica.epoch, epoch)) throw new Refusal(`it has not heard yet of epoch ${epoch}`)
    const { lastEpoch, storedUpTo: endOffset } = replica.log
    return encodeAskBody({ lastEpoch, endOffset } satisfies LogPosition)
  })
}

/** How far the broker's replica is; null: it does not say. */
export async function askLogEnd(
  asks: Asks,
  broker: BrokerId,
  asked: AskedEnd,
): Promise<{ broker: BrokerId; position: LogPosition } | null> {
  try {
    const answer = await asks.ask(broker, subject, encodeAskBody(asked), answerMs)
    const { lastEpoch, endOffset } = decodeAskBody(answer) as LogPosition
    return { broker, position: { lastEpoch, endOffset } }
  } catch (error) {
    if (error instanceof AskFailed || error instanceof MalformedInput) return null
    throw error
  }
}
