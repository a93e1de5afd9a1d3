import type { HostedPartitions } from './hosted-partitions.ts'
import { MalformedInput } from '../codec/malformed-input.ts'
import type { ClusterImage } from '../metadata/image.ts'
import { decodeAskBody, encodeAskBody } from '../peer/ask-bodies.ts'
import { AskFailed, type Asks, Refusal } from '../peer/asks.ts'
import type { GroupName } from '../replica/replication-groups.ts'
import type { Replica } from '../replica/replica.ts'
import type { UncleanCandidate } from '../replication/elect/unclean.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { Offset } from '../record/offset.ts'
import { DiskFault } from '../runtime/disk.ts'

const endSubject = 'unclean candidate'
const takeOverSubject = 'unclean leader'
const answerMs = 1_000

/** A partition without a leader, in the state that whoever asks knows. */
export interface LeaderlessState extends GroupName {
  readonly partitionEpoch: number
}

/** What a replica that is to lead without being in sync may lack. */
export interface UncleanLoss {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  /** The state in which it was to lead. */
  readonly partitionEpoch: number
  /** All below it is committed and here; from it on others may have had something else, or more. */
  readonly from: Offset
}

/** Answers how far the replicas of this broker are, and has it written down what is lost when one of them is to lead. */
export function answerUncleanElections(
  asks: Asks,
  parts: {
    image: ClusterImage
    partitions: HostedPartitions
    /** Durable when it resolves. */
    write: (loss: UncleanLoss) => Promise<void>
  },
): void {
  const { image, partitions, write } = parts
  asks.answer(endSubject, async (_from, body) => {
    const replica = await replicaIn(decodeAskBody(body) as LeaderlessState, image, partitions)
    if (replica === null) return encodeAskBody({ isReady: false })
    const { lastEpoch, storedUpTo: endOffset } = replica.log
    return encodeAskBody({ isReady: true, position: { lastEpoch, endOffset }, isSuspect: replica.isSuspect })
  })
  asks.answer(takeOverSubject, async (_from, body) => {
    const state = decodeAskBody(body) as LeaderlessState
    const replica = await replicaIn(state, image, partitions)
    if (replica === null) return encodeAskBody({ isReady: false })
    const { topicId, partition } = state
    const { topic, highWatermark: from } = replica
    try {
      await write({ topic, topicId, partition, partitionEpoch: state.partitionEpoch, from })
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error
      throw new Refusal(`what is lost cannot be written down: ${error.message}`)
    }
    return encodeAskBody({ isReady: true })
  })
}

/** Null: this broker does not know of that state yet, or knows a newer one: what its log is now says nothing about it. */
async function replicaIn(
  { topicId, partition: index, partitionEpoch }: LeaderlessState,
  image: ClusterImage,
  partitions: HostedPartitions,
): Promise<Replica | null> {
  const topic = image.topicById(topicId)
  const partition = topic?.partitions[index]
  if (topic === null || partition === undefined || partition.partitionEpoch !== partitionEpoch) return null
  const replica = partitions.get(topic.name, index)
  if (replica === null || replica.log.fault !== null) throw new Refusal('no replica here that could be used')
  await replica.settled()
  const { leads, knownLeader, epoch, log } = replica
  // What it had on its way from an earlier leader is stored, and nothing more comes.
  const isAtRest = !leads && knownLeader === null && epoch === partition.leaderEpoch
  return isAtRest && log.storedUpTo === log.logEndOffset ? replica : null
}

/** `not yet`: it will say; `none`: it has no log that could be used. */
export async function askCandidate(
  asks: Asks,
  broker: BrokerId,
  state: LeaderlessState,
): Promise<UncleanCandidate | 'not yet' | 'none'> {
  try {
    const answer = decodeAskBody(await asks.ask(broker, endSubject, encodeAskBody(state), answerMs))
    const { isReady, ...told } = answer as { isReady: boolean } & Omit<UncleanCandidate, 'broker'>
    return isReady ? { broker, position: told.position, isSuspect: told.isSuspect } : 'not yet'
  } catch (error) {
    if (error instanceof MalformedInput) return 'none'
    if (!(error instanceof AskFailed)) throw error
    return error.why === 'refused' ? 'none' : 'not yet'
  }
}

/** Whether it has written down what is lost, and may be elected in that state. */
export async function askToTakeOver(asks: Asks, broker: BrokerId, state: LeaderlessState): Promise<boolean> {
  try {
    const answer = decodeAskBody(await asks.ask(broker, takeOverSubject, encodeAskBody(state), answerMs))
    return (answer as { isReady: boolean }).isReady
  } catch (error) {
    if (error instanceof AskFailed || error instanceof MalformedInput) return false
    throw error
  }
}
