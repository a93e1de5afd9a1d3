import type { HostedPartitions } from '../broker/hosted-partitions.ts'
import { type Coordinator, CoordinatorUnavailable } from '../metadata/coordinator/coordinator.ts'
import type { Replica } from '../replica/replica.ts'
import { DiskFault } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { startRounds } from './rounds.ts'

const everyMs = 250

/** Returns how to stop, which resolves when a round that is under way is over. */
export function startVoterRounds(
  runtime: Runtime,
  partitions: HostedPartitions,
  coordinator: Coordinator,
): () => Promise<void> {
  const rounds = new VoterRounds(runtime, partitions, coordinator)
  return startRounds(runtime.clock, {
    everyMs: () => everyMs,
    round: () => rounds.next(),
    over: partitions.selfElected,
  })
}

/**
 * Sees to who votes in the groups that elect their leaders themselves, one round for all: leaders take in who has caught up, replicas that
 * were put out go, and the image is told of what was committed, for as long as it says something else.
 */
class VoterRounds {
  readonly #runtime: Runtime
  readonly #partitions: HostedPartitions
  readonly #coordinator: Coordinator
  readonly #telling = new Set<string>()

  constructor(runtime: Runtime, partitions: HostedPartitions, coordinator: Coordinator) {
    this.#runtime = runtime
    this.#partitions = partitions
    this.#coordinator = coordinator
  }

  async next(): Promise<void> {
    try {
      await this.#partitions.reviewVoters()
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error
      this.#runtime.logger.warn({ error: error.message }, 'a replica that is not wanted any more could not be deleted')
    }
    for (const replica of this.#partitions.selfElected) if (replica.leads) this.#tell(replica)
  }

  #tell({ topic: name, partition: index, latestVoters, highWatermark, epoch: leaderEpoch }: Replica): void {
    const topic = this.#coordinator.image.topics.get(name)
    const partition = topic?.partitions[index]
    if (topic === undefined || partition === undefined || latestVoters === null) return
    const { voters, learner, offset } = latestVoters
    const replicas = learner === null ? voters : [...voters, learner]
    const isTold =
      replicas.length === partition.replicas.length &&
      replicas.every(({ broker, directory }) => partition.directories[partition.replicas.indexOf(broker)] === directory)
    const key = `${topic.id}:${index}`
    if (isTold || offset >= highWatermark || this.#telling.has(key)) return
    this.#telling.add(key)
    const request = { topicId: topic.id, partition: index, leaderEpoch, replicas }
    this.#coordinator
      .submit('mirrorVoters', request)
      .catch((error: unknown) => {
        // The next round tells it again.
        if (!(error instanceof CoordinatorUnavailable)) throw error
      })
      .finally(() => this.#telling.delete(key))
  }
}
