import type { HostedName, SuspectReplicas } from '../broker/hosted-partitions.ts'
import type { LogName } from '../broker/partition-logs.ts'
import type { Suspect } from '../log/suspicion.ts'
import type { AstrayLeader } from '../metadata/astray-leaders.ts'
import type { ClusterImage } from '../metadata/image.ts'
import type { Offset } from '../record/offset.ts'
import type { Replica } from '../replica/replica.ts'
import { DiskFault } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import type { AcceptedSuspects } from './accept-suspects.ts'
import type { LogFolder } from './log-folder.ts'

/** Takes suspicions back as replicas catch up, and has receipts written for those that lead without having done so. */
export class SuspectsInFolder implements SuspectReplicas {
  readonly #folder: LogFolder
  readonly #accepted: AcceptedSuspects
  readonly #logger: Logger
  #found: readonly Suspect[] = []
  #onDamaged: (replica: Replica) => void = () => {}

  constructor(folder: LogFolder, accepted: AcceptedSuspects, logger: Logger) {
    this.#folder = folder
    this.#accepted = accepted
    this.#logger = logger
  }

  /** What the start has found. */
  set found(suspects: readonly Suspect[]) {
    this.#found = suspects
  }

  /** `topic:partition` of each. */
  names(): ReadonlySet<string> {
    return new Set(this.#found.map(({ topic, partition }) => `${topic}:${partition}`))
  }

  /** Those whose topics the image knows. */
  namedIn(image: ClusterImage): { readonly topicId: string; readonly partition: number }[] {
    return this.#found.flatMap(({ topic, partition }) => {
      const topicId = image.topics.get(topic)?.id
      return topicId === undefined ? [] : [{ topicId, partition }]
    })
  }

  hasAllAgain(name: HostedName): void {
    this.#logger.info(name, 'a suspect replica has caught up and counts again')
    this.#orSay(name, this.#folder.directory.liftSuspicion([name]))
  }

  leadsWithout({ topic, partition }: HostedName): void {
    const suspects = this.#found.filter((each) => each.topic === topic && each.partition === partition)
    this.#orSay({ topic, partition }, this.#accepted.accept(suspects))
  }

  foundDamaged(replica: Replica): void {
    this.#onDamaged(replica)
  }

  /** Of replicas that turn out to be damaged from now on `see` is told. */
  tellOfDamage(see: (replica: Replica) => void): void {
    this.#onDamaged = see
  }

  /**
   * A replica is damaged. With true that is written down; of one without others that could help it as a receipt: what it has
   * lost is lost.
   */
  async isDamaged({ topic, partition, log }: Replica, { isAlone }: { isAlone: boolean }): Promise<boolean> {
    const { directory } = this.#folder
    const from = log.damagedFrom()
    const detail = `damaged bytes from offset ${from} on`
    try {
      await directory.addSuspect({ topic, partition }, 'damage', detail)
      const suspect = directory.suspect({ topic, partition })
      if (isAlone && suspect !== null) await this.#accepted.accept([suspect])
      return true
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error
      this.#logger.error({ topic, partition, detail, error: error.message }, 'a damage could not be written down')
      return false
    }
  }

  leadsAfter(name: LogName, { broker, epoch }: AstrayLeader, range: { from: Offset; to: Offset | null }): void {
    const reason = `the disk of broker ${broker}, which led epoch ${epoch}, was replaced: what it had alone is gone`
    this.#orSay(name, this.#accepted.lost(name, { ...range, reason }))
  }

  /** Not written down it is suspect again after the next start, which costs time and no record. */
  #orSay(name: HostedName, written: Promise<void>): void {
    written.catch((error: unknown) => {
      this.#logger.error(
        { ...name, error: String(error) },
        'what became of a suspect replica could not be written down',
      )
    })
  }
}
