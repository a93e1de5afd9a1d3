import { appendFile, mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeMetadataQuorum } from '../../src/client/describe-cluster.ts'
import { KafkaClient } from '../../src/client/kafka-client.ts'
import type { Receipt } from '../../src/receipt/receipt.ts'
import { nodeClock } from '../../src/runtime/node/node-clock.ts'
import { NodeNetwork } from '../../src/runtime/node/node-network.ts'
import { nodeRandom } from '../../src/runtime/node/node-random.ts'
import { onEnd, runOrThrow } from '../child.ts'
import { freePortBase } from '../free-ports.ts'
import { trilogMain } from '../package-root.ts'
import { removeFolder } from '../targets/remove-folder.ts'

const startMs = 60_000
const firstControllerId = 101

export interface LocalShape {
  readonly brokers: number
  /** Voters of the metadata log in processes of their own; 0: brokers are it. */
  readonly controllers: number
  /** Further lines of each broker's settings. */
  readonly settings: Readonly<Record<string, string>>
}

/** Brokers in processes of their own, in a folder of their own, and a client of the runner's. */
export class LocalBrokers {
  readonly bootstrap: string
  readonly client: KafkaClient
  readonly ids: readonly number[]
  /** Node ids of the processes that are only controllers. */
  readonly controllers: readonly number[]
  readonly #data: string
  readonly #http: readonly string[]

  private constructor(
    data: string,
    { bootstrap, http, controllers }: { bootstrap: string; http: readonly string[]; controllers: number },
  ) {
    this.#data = data
    this.#http = http
    this.ids = http.map((_, at) => at + 1)
    this.controllers = Array.from({ length: controllers }, (_, at) => firstControllerId + at)
    this.bootstrap = bootstrap
    const runtime = { clock: nodeClock, network: new NodeNetwork(), random: nodeRandom }
    const addresses = bootstrap.split(',').map((address) => {
      const [host = '', port] = address.split(':')
      return { host, port: Number(port) }
    })
    this.client = new KafkaClient({ runtime, bootstrap: addresses, clientId: 'failover' })
  }

  static async start({ brokers, controllers, settings }: LocalShape): Promise<LocalBrokers> {
    const data = await mkdtemp(join(tmpdir(), 'trilog-failover-'))
    const release = onEnd(() => stop(data))
    const each = Array.from({ length: brokers }, (_, at) => at)
    const distances = [
      ...each,
      ...each.map((at) => 20 + at),
      ...each.map((at) => 60 + at),
      ...each.map((at) => 1000 + at),
    ]
    const port = await freePortBase(distances.slice(1))
    const where = ['--data', data, '--kafka-port', String(port), '--http-port', String(port + 1000), '--detach']
    const shape = ['--brokers', String(brokers), ...(controllers === 0 ? [] : ['--controllers', String(controllers)])]
    let output = await trilog('up', ...shape, ...where)
    if (Object.keys(settings).length > 0) {
      // The files of the brokers are made by their first start.
      await trilog('down', '--data', data)
      const lines = Object.entries(settings).map(([name, value]) => `${name}: ${value}\n`)
      for (const at of each) await appendFile(join(data, `broker-${at + 1}`, 'broker.yaml'), lines.join(''))
      output = await trilog('up', '--data', data, '--detach')
    }
    const bootstrap = /^ready .*\bkafka=(\S+)/m.exec(output)?.[1]
    const http = /^ready .*\bhttp=(\S+)/m.exec(output)?.[1]?.split(',')
    if (bootstrap === undefined || http === undefined) {
      throw new Error(`trilog up printed no ready line: ${output.trim()}`)
    }
    const local = new LocalBrokers(data, { bootstrap, http, controllers })
    release()
    onEnd(() => {
      local.client.close()
      return stop(data)
    })
    return local
  }

  /** The process of a broker, or of a controller. */
  async pidOf(node: number): Promise<number> {
    const folder = node >= firstControllerId ? `controller-${node - firstControllerId + 1}` : `broker-${node}`
    return Number.parseInt(await readFile(join(this.#data, folder, 'pid'), 'utf8'), 10)
  }

  async pidsBeside(broker: number): Promise<number[]> {
    return await Promise.all(this.ids.filter((id) => id !== broker).map((id) => this.pidOf(id)))
  }

  /** kill -9. */
  async kill(...nodes: readonly number[]): Promise<void> {
    for (const pid of await Promise.all(nodes.map((node) => this.pidOf(node)))) process.kill(pid, 'SIGKILL')
  }

  async startAgain(node: number): Promise<void> {
    await trilog('broker', 'start', String(node), '--data', this.#data)
  }

  /** Starts all that do not run, and waits until they are ready. */
  async startAll(): Promise<void> {
    await trilog('up', '--data', this.#data, '--detach')
  }

  async metadataLeader(): Promise<number> {
    return (await describeMetadataQuorum(this.client)).leaderId
  }

  /** How often somebody began to lead the metadata log. */
  async metadataEpoch(): Promise<number> {
    return (await describeMetadataQuorum(this.client)).leaderEpoch
  }

  async metadataEnd(): Promise<number> {
    return Number((await describeMetadataQuorum(this.client)).highWatermark)
  }

  /** The metadata log as `trilog log dump --records --json` prints it, line by line, of a broker that votes. */
  async metadataLines(): Promise<string[]> {
    const folder = join(this.#data, 'broker-1', 'data', '__cluster_metadata-0')
    const logs = (await readdir(folder)).filter((file) => file.endsWith('.log')).sort()
    const dumps: string[] = []
    for (const log of logs) dumps.push(await trilog('log', 'dump', join(folder, log), '--records', '--json'))
    return dumps.flatMap((text) => text.trim().split('\n'))
  }

  /** What all brokers have written of losses of a topic. */
  async receiptsOf(topic: string): Promise<Receipt[]> {
    const told = await Promise.all(
      this.#http.map(
        async (url) => ((await (await fetch(`${url}/receipts`)).json()) as { receipts: Receipt[] }).receipts,
      ),
    )
    return told.flat().filter((receipt) => receipt.topic === topic)
  }
}

async function stop(data: string): Promise<void> {
  await runOrThrow(process.execPath, [trilogMain, 'down', '--data', data], { timeoutMs: startMs, cleanup: true })
  await removeFolder(data)
}

const trilog = (...args: string[]): Promise<string> =>
  runOrThrow(process.execPath, [trilogMain, ...args], { timeoutMs: startMs })
