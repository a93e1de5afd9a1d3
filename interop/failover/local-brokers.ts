import { mkdtemp, readFile } from 'node:fs/promises'
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

/** Three brokers in processes of their own, in a folder of their own, and a client of the runner's. */
export class LocalBrokers {
  readonly bootstrap: string
  readonly client: KafkaClient
  readonly #data: string
  readonly #http: readonly string[]
  readonly #ids: readonly number[]

  private constructor(data: string, { bootstrap, http }: { bootstrap: string; http: readonly string[] }) {
    this.#data = data
    this.#http = http
    this.#ids = http.map((_, at) => at + 1)
    this.bootstrap = bootstrap
    const runtime = { clock: nodeClock, network: new NodeNetwork(), random: nodeRandom }
    const addresses = bootstrap.split(',').map((address) => {
      const [host = '', port] = address.split(':')
      return { host, port: Number(port) }
    })
    this.client = new KafkaClient({ runtime, bootstrap: addresses, clientId: 'failover' })
  }

  static async start(): Promise<LocalBrokers> {
    const data = await mkdtemp(join(tmpdir(), 'trilog-failover-'))
    const port = await freePortBase([1, 2, 20, 21, 22, 1000, 1001, 1002])
    const where = ['--data', data, '--kafka-port', String(port), '--http-port', String(port + 1000), '--detach']
    const output = await trilog('up', '--brokers', '3', ...where)
    const bootstrap = /^ready .*\bkafka=(\S+)/m.exec(output)?.[1]
    const http = /^ready .*\bhttp=(\S+)/m.exec(output)?.[1]?.split(',')
    if (bootstrap === undefined || http === undefined) {
      throw new Error(`trilog up printed no ready line: ${output.trim()}`)
    }
    const brokers = new LocalBrokers(data, { bootstrap, http })
    onEnd(() => brokers.#stop())
    return brokers
  }

  async pidOf(broker: number): Promise<number> {
    return Number.parseInt(await readFile(join(this.#data, `broker-${broker}`, 'pid'), 'utf8'), 10)
  }

  async pidsBeside(broker: number): Promise<number[]> {
    return await Promise.all(this.#ids.filter((id) => id !== broker).map((id) => this.pidOf(id)))
  }

  async startAgain(broker: number): Promise<void> {
    await trilog('broker', 'start', String(broker), '--data', this.#data)
  }

  async metadataLeader(): Promise<number> {
    return (await describeMetadataQuorum(this.client)).leaderId
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

  async #stop(): Promise<void> {
    this.client.close()
    const args = [trilogMain, 'down', '--data', this.#data]
    await runOrThrow(process.execPath, args, { timeoutMs: startMs, cleanup: true })
    await removeFolder(this.#data)
  }
}

const trilog = (...args: string[]): Promise<string> =>
  runOrThrow(process.execPath, [trilogMain, ...args], { timeoutMs: startMs })
