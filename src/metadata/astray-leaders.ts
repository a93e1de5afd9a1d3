import { zeroUuid } from '../codec/uuid.ts'
import type { LeaderEpoch } from '../record/offset.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { PartitionImage } from './image.ts'

/** A broker that has led a partition, and has not been in sync with a later leader since: it may have records of its own. */
export interface AstrayLeader {
  readonly broker: BrokerId
  /** The last epoch that it led. */
  readonly epoch: LeaderEpoch
  /** Where it led. */
  readonly directory: string
  /** Its disk was replaced meanwhile: what it had of its own is gone with the old one. */
  readonly lostDisk: boolean
}

const none: readonly AstrayLeader[] = []

/** The astray leaders of partitions. Most partitions have none. Of groups that elect their leaders themselves nothing is known. */
export class AstrayLeaders {
  readonly #byPartition = new Map<string, readonly AstrayLeader[]>()

  of(topicId: string, partition: number): readonly AstrayLeader[] {
    return this.#byPartition.get(`${topicId}:${partition}`) ?? none
  }

  changed(topicId: string, before: PartitionImage, after: PartitionImage): void {
    const key = `${topicId}:${before.index}`
    let astray = this.#byPartition.get(key) ?? none
    const { leader: broker, leaderEpoch: epoch } = before
    if (broker !== -1 && after.leader !== broker) {
      const directory = directoryOf(before, broker)
      astray = [...astray.filter((each) => each.broker !== broker), { broker, epoch, directory, lostDisk: false }]
    }
    if (after.directories !== before.directories) astray = astray.map((each) => onItsDisk(each, after))
    // Whoever leads, and who is in sync with it, has what counts.
    if (after.leader !== -1) astray = astray.filter((each) => !after.inSync.includes(each.broker))
    if (astray.length > 0) this.#byPartition.set(key, astray)
    else this.#byPartition.delete(key)
  }

  removed(topicId: string): void {
    for (const key of this.#byPartition.keys()) if (key.startsWith(`${topicId}:`)) this.#byPartition.delete(key)
  }
}

function onItsDisk(astray: AstrayLeader, after: PartitionImage): AstrayLeader {
  const directory = directoryOf(after, astray.broker)
  // One that is no member any more has what it has: its copy is not asked for. So has one that has given its copy up.
  if (directory === zeroUuid || directory === astray.directory) return astray
  return { ...astray, directory, lostDisk: astray.lostDisk || astray.directory !== zeroUuid }
}

const directoryOf = ({ replicas, directories }: PartitionImage, broker: BrokerId): string =>
  directories[replicas.indexOf(broker)] ?? zeroUuid
