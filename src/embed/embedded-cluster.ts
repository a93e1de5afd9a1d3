import { join, resolve } from 'node:path'
import { KafkaClient } from '../client/kafka-client.ts'
import { createTopic, deleteTopic } from '../client/topics.ts'
import { nodeClock } from '../runtime/node/node-clock.ts'
import { NodeNetwork } from '../runtime/node/node-network.ts'
import { nodeRandom } from '../runtime/node/node-random.ts'
import type { Cluster, TopicOptions } from './cluster.ts'
import type { CheckedOptions } from './cluster-options.ts'
import { EmbeddedBroker } from './embedded-broker.ts'
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary-folder.ts'
import { whileProcessLives } from './while-process-lives.ts'

/** How long a call of the cluster's own goes on trying, for example while a broker is stopped. */
const retryTimeoutMs = 10_000

/** Brokers in this process, and what makes and deletes topics on them. */
export class EmbeddedCluster implements Cluster {
  readonly #options: CheckedOptions
  #temporaryFolder: string | null = null
  #brokers: readonly EmbeddedBroker[] = []
  #stopped: Promise<void> | null = null

  constructor(options: CheckedOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { brokers, dataFolder, settings, http, logLevel } = this.#options
    if (dataFolder === null) this.#temporaryFolder = await makeTemporaryFolder()
    const root = this.#temporaryFolder ?? resolve(dataFolder as string)
    this.#brokers = Array.from({ length: brokers }, (_, index) => {
      const id = index + 1
      return new EmbeddedBroker({
        id,
        // As `trilog up` lays it out.
        folder: join(root, `broker-${id}`, 'data'),
        // The first member of a group waits for nobody: those who start a cluster in their process want to be done soon.
        settings: { 'group.initial.rebalance.delay.ms': '0', ...settings, 'http.port': http ? '0' : '-1' },
        logLevel,
      })
    })
    await Promise.all(this.#brokers.map((broker) => broker.start()))
  }

  get brokers(): readonly EmbeddedBroker[] {
    return this.#brokers
  }

  get bootstrapServers(): readonly string[] {
    return this.#brokers.filter(({ running }) => running).map(({ kafka }) => `${kafka.host}:${kafka.port}`)
  }

  async createTopic(name: string, options: TopicOptions = {}): Promise<void> {
    const { partitions = -1, replicationFactor = -1, settings = {} } = options
    const configs = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, `${value}`]))
    await this.#withClient((client) => createTopic(client, { name, partitions, replicationFactor, configs }))
  }

  async deleteTopic(name: string): Promise<void> {
    await this.#withClient((client) => deleteTopic(client, name))
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #stop(): Promise<void> {
    const stops = await Promise.allSettled(this.#brokers.map((broker) => broker.stop()))
    if (this.#temporaryFolder !== null) await removeTemporaryFolder(this.#temporaryFolder)
    for (const stop of stops) if (stop.status === 'rejected') throw stop.reason
  }

  async #withClient(use: (client: KafkaClient) => Promise<void>): Promise<void> {
    const runtime = { clock: nodeClock, network: new NodeNetwork(), random: nodeRandom }
    const bootstrap = this.#brokers.filter(({ running }) => running).map(({ kafka }) => kafka)
    if (bootstrap.length === 0) throw new Error('no broker of the cluster runs')
    const client = new KafkaClient({ runtime, bootstrap, clientId: 'trilog-embedded', retryTimeoutMs })
    try {
      await whileProcessLives(() => use(client))
    } finally {
      client.close()
    }
  }
}
