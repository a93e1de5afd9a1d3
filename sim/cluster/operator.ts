import { metadata } from '../../src/kafka/schema/metadata.ts'
import { promoteReplica } from '../../src/kafka/schema/own/promote-replica.ts'
import type { SimWorld } from '../../src/runtime/sim/sim-world.ts'
import type { PlannedTopic } from '../workload.ts'
import type { ClusterLink } from './cluster-link.ts'

/** Who looks after a cluster: promotes backups at any time, and in the end whoever is needed for writes to go on. */
export class Operator {
  readonly #world: SimWorld
  readonly #link: ClusterLink
  readonly #fixed: ReadonlySet<string>

  constructor(world: SimWorld, link: ClusterLink, topics: readonly PlannedTopic[]) {
    this.#world = world
    this.#link = link
    const fixed = topics.filter(({ settings }) => settings['replication.scheme'] === 'primary-backup')
    this.#fixed = new Set(fixed.map(({ name }) => name))
  }

  /** Whether its partitions have primaries. */
  looksAfter(topic: string): boolean {
    return this.#fixed.has(topic)
  }

  /** What comes of it is nobody's promise: another fault may be in the way. */
  async promote(topic: string, partition: number, brokerId: number): Promise<void> {
    if (!this.#fixed.has(topic)) return
    try {
      const answer = await this.#link.call(promoteReplica, { topic, partition, brokerId, unclean: false })
      const [outcome] = answer.partitions
      this.#world.mark(outcome?.errorCode === 0 ? 'promoted' : 'promotion refused')
    } catch {
      this.#world.mark('promotion unanswered')
    }
  }

  /** Partitions that no primary leads get one: a primary without its disk waits for just that. */
  async restore(): Promise<void> {
    const { topics } = await this.#link.call(metadata, { topics: null, allowAutoTopicCreation: false })
    for (const { name, partitions } of topics) {
      for (const { partitionIndex, leaderId, replicaNodes, isrNodes } of partitions) {
        const isLed = leaderId === replicaNodes[0]
        const [whole = replicaNodes[0] ?? -1] = replicaNodes.filter((broker) => isrNodes.includes(broker))
        if (!isLed) await this.promote(name ?? '', partitionIndex, whole)
      }
    }
  }
}
