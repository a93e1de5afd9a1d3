import { zeroUuid } from '../../codec/uuid.ts'
import type { BrokerId } from '../../replication/replica-id.ts'
import type { ClusterImage, PartitionImage } from '../image.ts'
import { withoutCopy } from '../partition-state.ts'
import type { MetadataRecord } from '../records.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { partitionChange } from './partition-changes.ts'

/** A living broker speaks of copies that it has. */
export interface OwnCopies {
  readonly brokerId: BrokerId
  /** Of the process that is meant. */
  readonly incarnation: string
  readonly partitions: readonly { readonly topicId: string; readonly partition: number }[]
}

/** Of each partition, in the order of the request: whether the copy counts for nothing (`giveUpCopies`), or may again. */
export type OwnCopiesAnswer = readonly boolean[]

/**
 * The broker's copies are damaged: they are no replicas that the partitions know any more, as on a disk that was replaced, and
 * what they led gets another leader. A copy stays where nobody living could lead without it.
 */
export function giveUpCopies(context: DecisionContext, request: OwnCopies): Decision<OwnCopiesAnswer> {
  const { image, rulesOf } = context
  const { brokerId } = request
  const isAlive = (broker: BrokerId): boolean => image.isAlive(broker)
  return changeCopies(image, request, (partition, topic) => {
    const { elect, minInSyncReplicas } = rulesOf(topic)
    const { inSync, eligible, leader } = partition
    const mayLead = [...inSync, ...eligible].filter((broker) => broker !== brokerId)
    const isNeeded = (leader === brokerId || leader === -1) && !mayLead.some(isAlive)
    if (elect !== 'coordinator' || isNeeded || mayLead.length === 0) return null
    const state = withoutCopy(partition, brokerId, { elect, minInSyncReplicas, isAlive })
    return { ...state, directories: withDirectory(partition, brokerId, zeroUuid) }
  })
}

/** The broker's copies have everything again: they are replicas as before, not in sync yet. */
export function takeBackCopies({ image }: DecisionContext, request: OwnCopies): Decision<OwnCopiesAnswer> {
  const { brokerId } = request
  const directory = image.brokers.get(brokerId)?.directoryId ?? zeroUuid
  return changeCopies(image, request, (partition) => {
    return { ...partition, directories: withDirectory(partition, brokerId, directory) }
  })
}

/** Whether the partition goes by the broker's copy: one that was given up it does not know. */
export function isGivenUp({ replicas, directories }: PartitionImage, broker: BrokerId): boolean {
  return directories[replicas.indexOf(broker)] === zeroUuid
}

function changeCopies(
  image: ClusterImage,
  { brokerId, incarnation, partitions }: OwnCopies,
  change: (partition: PartitionImage, topic: string) => Parameters<typeof partitionChange>[2] | null,
): Decision<OwnCopiesAnswer> {
  const records: MetadataRecord[] = []
  const isHeard = image.isAlive(brokerId) && image.brokers.get(brokerId)?.incarnation === incarnation
  const answer = partitions.map(({ topicId, partition: index }) => {
    const topic = image.topicById(topicId)
    const partition = topic?.partitions[index]
    if (!isHeard || topic === null || partition === undefined || !partition.replicas.includes(brokerId)) return false
    const state = change(partition, topic.name)
    if (state !== null) records.push(partitionChange(topicId, partition, state))
    return state !== null
  })
  return { records, answer }
}

function withDirectory({ replicas, directories }: PartitionImage, broker: BrokerId, directory: string): string[] {
  return replicas.map((each, at) => (each === broker ? directory : (directories[at] ?? zeroUuid)))
}
