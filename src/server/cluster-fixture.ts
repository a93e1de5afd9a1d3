import type { Api, RequestInputOf, ResponseOf } from '../codec/api.ts'
import { parseBrokerConfig } from '../config/broker-config.ts'
import { formatLogDirectory } from '../log/format-log-directory.ts'
import type { Receipt } from '../receipt/receipt.ts'
import { parseReceipts, receiptsFileName } from '../receipt/receipts-file.ts'
import type { SimNode } from '../runtime/sim/sim-node.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { dataFolder, RawConnection } from './broker-fixture.ts'
import { startBroker } from './start-broker.ts'
import { startController } from './start-controller.ts'

/** Who is in the cluster, by node ids. Voters are the controllers, or all brokers where there are none. */
export interface ClusterShape {
  readonly brokers: readonly number[]
  readonly controllers?: readonly number[]
  readonly settings?: Readonly<Record<string, string>>
}

interface Running {
  stop(): Promise<void>
}

const clusterId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const peerPort = 9190
const kafkaPort = 9092
/** Virtual time that one test may take. */
const testLimitMs = 600_000
const lookAgainMs = 10

const nameOf = (id: number): string => `node-${id}`

/** Brokers and controllers on simulated machines, and a client on another. */
export class ClusterFixture {
  readonly world: SimWorld
  readonly #shape: ClusterShape
  readonly #machines = new Map<number, SimNode>()
  readonly #running = new Map<number, Running>()
  readonly #connections = new Map<number, RawConnection>()
  #voters: readonly string[] = []

  constructor(shape: ClusterShape, seed: number) {
    this.world = new SimWorld(seed)
    this.#shape = shape
    for (const id of this.#ids) this.#machines.set(id, this.world.node(nameOf(id)))
  }

  get #ids(): number[] {
    return [...this.#shape.brokers, ...(this.#shape.controllers ?? [])]
  }

  get #voterIds(): readonly number[] {
    const { brokers, controllers = [] } = this.#shape
    return controllers.length > 0 ? controllers : brokers
  }

  /** Makes the folders of all. */
  async format(): Promise<void> {
    const voters: string[] = []
    for (const id of this.#ids) {
      const directoryId = await formatLogDirectory(this.#machine(id).runtime, dataFolder, { nodeId: id, clusterId })
      if (this.#voterIds.includes(id)) voters.push(`${id}@${nameOf(id)}:${peerPort}:${directoryId}`)
    }
    this.#voters = voters
  }

  /** Starts them at once; resolves when all are ready. */
  async start(...ids: number[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#start(id)))
  }

  /** Ends it as kill -9 does. */
  crash(id: number): void {
    this.#machine(id).crash()
    this.#running.delete(id)
    this.#connections.delete(id)
  }

  /** Starts one again that has crashed or was stopped. */
  async restart(id: number): Promise<void> {
    this.#machine(id).restart()
    await this.#start(id)
  }

  async stop(id: number): Promise<void> {
    await this.#running.get(id)?.stop()
    this.crash(id)
  }

  /** Calls an API of a broker, on a connection that all calls to it share. */
  async call<A extends Api>(to: number, api: A, version: number, body: RequestInputOf<A>): Promise<ResponseOf<A>> {
    let connection = this.#connections.get(to)
    if (connection === undefined || connection.closed) {
      const { network } = this.world.node('client').runtime
      connection = new RawConnection(await network.connect({ host: nameOf(to), port: kafkaPort }))
      this.#connections.set(to, connection)
    }
    return connection.request(api, version, body)
  }

  /** Those on the disk of that broker. */
  receipts(id: number): readonly Receipt[] {
    const { disk } = this.#machine(id)
    const path = `${dataFolder}/${receiptsFileName}`
    return disk.names.find(path) === null ? [] : parseReceipts(Buffer.from(disk.peek(path)).toString(), path)
  }

  /** The first answer that is as wanted. The test's limit ends the asking. */
  async until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
    for (;;) {
      const answer = await ask()
      if (isWanted(answer)) return answer
      await new Promise<void>((resolve) => void this.world.schedule(lookAgainMs, resolve))
    }
  }

  async #start(id: number): Promise<void> {
    const { brokers, settings } = this.#shape
    const roles = [...(brokers.includes(id) ? ['broker'] : []), ...(this.#voterIds.includes(id) ? ['controller'] : [])]
    const config = parseBrokerConfig({
      'node.id': `${id}`,
      'cluster.id': clusterId,
      'process.roles': roles.join(','),
      'log.dirs': dataFolder,
      listeners: `PLAINTEXT://${nameOf(id)}:${kafkaPort}`,
      'insecure.listen': 'true',
      'peer.listener': `${nameOf(id)}:${peerPort}`,
      'controller.quorum.voters': this.#voters.join(','),
      'http.port': '-1',
      'group.initial.rebalance.delay.ms': '0',
      'offsets.topic.num.partitions': '2',
      ...settings,
    })
    const { runtime } = this.#machine(id)
    this.#running.set(id, await (roles.includes('broker') ? startBroker : startController)(runtime, config))
  }

  #machine(id: number): SimNode {
    const machine = this.#machines.get(id)
    if (machine === undefined) throw new Error(`the cluster has no node ${id}`)
    return machine
  }
}

/** Runs a test with a cluster whose folders are made; in virtual time. */
export function withCluster(
  shape: ClusterShape,
  test: (cluster: ClusterFixture) => Promise<void>,
  seed = 1,
): Promise<void> {
  const cluster = new ClusterFixture(shape, seed)
  const run = async (): Promise<void> => {
    await cluster.format()
    await test(cluster)
  }
  return cluster.world.complete(run(), testLimitMs)
}
