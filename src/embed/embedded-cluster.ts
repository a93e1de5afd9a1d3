import { resolve } from 'node:path'
import { KafkaClient } from '../client/kafka-client.ts'
import { createTopic, deleteTopic } from '../client/topics.ts'
import { nodeClock } from '../runtime/node/node-clock.ts'
import { NodeNetwork } from '../runtime/node/node-network.ts'
import { nodeRandom } from '../runtime/node/node-random.ts'
import { startController } from '../server/start-controller.ts'
import type { Cluster, TopicOptions } from './cluster.ts'
import type { CheckedOptions } from './cluster-options.ts'
import { EmbeddedBroker } from './embedded-broker.ts'
import { EmbeddedNode } from './embedded-node.ts'
import { nodePlaces } from './node-places.ts'
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary-folder.ts'
import { whileProcessLives } from './while-process-lives.ts'

/** How long a call of the cluster's own goes on trying, for example while a broker is stopped. */
const retryTimeoutMs = 10_000

/** Brokers in this process, and what makes and deletes topics on them. */
export class EmbeddedCluster implements Cluster {
  readonly #options: CheckedOptions
  #temporaryFolder: string | null = null
  #brokers: readonly EmbeddedBroker[] = []
  #controllers: readonly { start(): Promise<void>; stop(): Promise<void> }[] = []
  #stopped: Promise<void> | null = null

  constructor(options: CheckedOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { brokers, dataFolder, settings, http, logLevel } = this.#options
    if (dataFolder === null) this.#temporaryFolder = await makeTemporaryFolder()
    const root = this.#temporaryFolder ?? resolve(dataFolder as string)
    const places = await nodePlaces(root, brokers)
    this.#brokers = places.brokers.map((place) => {
      // The first member of a group waits for nobody: those who start a cluster in their process want to be done soon.
      const own = { 'group.initial.rebalance.delay.ms': '0', ...settings, 'http.port': http ? '0' : '-1' }
      return new EmbeddedBroker({ place, settings: own, logLevel })
    })
    this.#controllers = places.controllers.map((place) => {
      const node = new EmbeddedNode({
        kind: 'controller',
        place,
        logLevel,
        start: (runtime, config) => startController(runtime, config),
      })
      return { start: () => node.start({ ...place.settings, ...settings }), stop: () => node.stop() }
    })
    // All at once: a broker is ready only when a majority of the voters is there.
    await Promise.all([...this.#controllers, ...this.#brokers].map((node) => node.start()))
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
    // Last: without them brokers could not hand over what they lead.
    stops.push(...(await Promise.allSettled(this.#controllers.map((controller) => controller.stop()))))
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
