import { CoordinatorUnavailable, type Coordinator } from '../metadata/coordinator/coordinator.ts'
import type { ProposedInSync } from '../metadata/controller/alter-in-sync.ts'
import type { InSyncDecider } from '../replica/group-link.ts'
import type { Replica } from '../replica/replica.ts'
import type { FetchingReplica, InSyncProposal } from '../replication/in-sync-set.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { LeaderEpoch } from '../record/offset.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'

/** How long a proposal waits that nobody could decide on. */
const againMs = 100

interface Waiting {
  readonly replica: Replica
  readonly epoch: LeaderEpoch
  readonly proposal: InSyncProposal
}

/** Carries the in-sync sets that this broker's leaders propose to the coordinator: those of one turn together. */
export class InSyncProposals implements InSyncDecider {
  readonly #coordinator: Coordinator
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #self: BrokerId
  #waiting: Waiting[] = []

  constructor(parts: { coordinator: Coordinator; clock: Clock; logger: Logger; self: BrokerId }) {
    this.#coordinator = parts.coordinator
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#self = parts.self
  }

  mayJoin({ broker, directory, incarnation }: FetchingReplica): boolean {
    const registered = this.#coordinator.image.brokers.get(broker)
    if (registered === undefined || registered.fenced) return false
    return registered.incarnation === incarnation && registered.directoryId === directory
  }

  propose(replica: Replica, proposal: InSyncProposal): void {
    const { topic, partition, epoch } = replica
    const joins = proposal.members.some(({ incarnation }) => incarnation !== null)
    const what = joins ? 'a follower has caught up and is to be in sync' : 'followers lag and are to leave'
    this.#logger.info({ topic, partition, epoch, ...proposal }, what)
    this.#add([{ replica, epoch, proposal }], () => this.#clock.defer(() => void this.#send()))
  }

  #add(waiting: readonly Waiting[], schedule: () => void): void {
    const isFirst = this.#waiting.length === 0
    this.#waiting.push(...waiting)
    if (isFirst) schedule()
  }

  async #send(): Promise<void> {
    // Those that nobody waits for any more: the leadership is over, or the image has moved on.
    const sent = this.#waiting.filter((waiting) => this.#isOpen(waiting))
    this.#waiting = []
    if (sent.length === 0) return
    const partitions = sent.map((waiting) => this.#proposed(waiting))
    try {
      const outcomes = await this.#coordinator.submit('alterInSync', { brokerId: this.#self, partitions })
      for (const [nth, { replica, epoch, proposal }] of sent.entries()) {
        // All others mean that the image has changed: what it says now comes by itself.
        if (outcomes[nth] === 'ineligible-replica') replica.proposalRefused(epoch, proposal.partitionEpoch)
      }
    } catch (error) {
      if (!(error instanceof CoordinatorUnavailable)) throw error
      // It may have been done: asking again is refused then, and the image tells.
      this.#add(sent, () => this.#clock.setTimer(againMs, () => void this.#send()))
    }
  }

  #isOpen({ replica, epoch, proposal }: Waiting): boolean {
    const partition = this.#coordinator.image.partition(replica.topic, replica.partition)
    return replica.leads && replica.epoch === epoch && partition?.partitionEpoch === proposal.partitionEpoch
  }

  #proposed({ replica, epoch, proposal }: Waiting): ProposedInSync {
    const topicId = this.#coordinator.image.topics.get(replica.topic)?.id ?? ''
    return { topicId, partition: replica.partition, leaderEpoch: epoch, ...proposal }
  }
}
