import { readFileSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LineProcess, onEnd } from '../../interop/child.ts'
import { trilogMain } from '../../interop/package-root.ts'
import { removeFolder } from '../../interop/targets/remove-folder.ts'
import type { BrokerAddress } from '../../src/client/broker-connection.ts'
import { allocatorEnvironment } from '../../src/runtime/node/allocator-environment.ts'
import type { Unbounded } from './attack.ts'

const startMs = 30_000
const lifeMs = 20 * 60_000
const sampleMs = 50

/** A broker process of its own as `trilog up` starts it, with default settings but for those that are given, and a look at its resident memory. */
export class AttackedBroker {
  readonly address: BrokerAddress
  readonly #metrics: string
  readonly #process: LineProcess
  readonly #folder: string
  readonly #sampler: NodeJS.Timeout
  #mostMiB = 0
  #scheduled = { ran: 0, waited: 0 }

  private constructor(process: LineProcess, folder: string, at: { kafka: BrokerAddress; http: string }) {
    this.#process = process
    this.#folder = folder
    this.address = at.kafka
    this.#metrics = `${at.http}/metrics`
    this.#sampler = setInterval(() => this.residentMiB(), sampleMs)
  }

  static async start({ settings = {}, plant }: Unbounded): Promise<AttackedBroker> {
    const folder = await mkdtemp(join(tmpdir(), 'trilog-attack-'))
    const release = onEnd(() => removeFolder(folder))
    const config = join(folder, 'broker.yaml')
    const all = {
      'node.id': '1',
      'log.dirs': join(folder, 'data'),
      listeners: 'PLAINTEXT://127.0.0.1:0',
      'http.port': '0',
      'offsets.topic.num.partitions': '1',
      ...settings,
    }
    await writeFile(config, JSON.stringify(all))
    const broker = await new Promise<AttackedBroker>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the broker did not start: ${child.stderr}`)), startMs)
      const planted = plant === undefined ? [] : ['--import', plant.href]
      const args = ['--enable-source-maps', ...planted, trilogMain, 'broker', 'run', '--config', config]
      const options = { timeoutMs: lifeMs, env: allocatorEnvironment() }
      const child = new LineProcess(globalThis.process.execPath, args, options, (line) => {
        const ready = line.match(/^ready kafka=([^: ]+):(\d+) http=(\S+)/)
        if (ready === null) return
        clearTimeout(timer)
        const kafka = { host: ready[1] ?? '', port: Number(ready[2]) }
        resolve(new AttackedBroker(child, folder, { kafka, http: ready[3] ?? '' }))
      })
      void child.exited.then(() => reject(new Error(`the broker ended: ${child.stderr}`)))
    })
    release()
    onEnd(() => broker.end())
    return broker
  }

  get running(): boolean {
    return this.#process.running
  }

  /** The newest lines that it has logged. */
  get log(): string {
    return this.#process.stderr
  }

  /**
   * Since this was last asked: for how long its main thread was ready to run, by how long it did run. Above 1 where the
   * machine had other work to do. Linux counts both (`Documentation/scheduler/sched-stats.rst`).
   */
  takeBusyTimes(): number {
    const before = this.#scheduled
    this.#scheduled = this.#readScheduled()
    const ran = this.#scheduled.ran - before.ran
    return ran <= 0 ? 1 : (ran + this.#scheduled.waited - before.waited) / ran
  }

  #readScheduled(): { ran: number; waited: number } {
    if (!this.running) return this.#scheduled
    const { pid } = this.#process
    const [ran = 0, waited = 0] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ').map(Number)
    return { ran, waited }
  }

  /** What of its memory is in RAM now. */
  residentMiB(): number {
    if (!this.running) return 0
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8')
    const mib = Number(status.match(/^VmRSS:\s+(\d+)/m)?.[1] ?? 0) / 1024
    this.#mostMiB = Math.max(this.#mostMiB, mib)
    return mib
  }

  /** What it says itself that requests and answers of its clients hold, in MiB; Infinity: it does not say. */
  async heldMiB(): Promise<number> {
    if (!this.running) return 0
    const text = await this.#readMetrics()
    if (text === null) return this.running ? Number.POSITIVE_INFINITY : 0
    const gauges = [...text.matchAll(/^trilog_kafka_(?:request|answer)_buffer_bytes(?:\{.*\})? (\S+)$/gm)]
    if (gauges.length < 2) throw new Error('the metrics of request and answer buffers are missing')
    return gauges.reduce((sum, [, bytes]) => sum + Number(bytes), 0) / 1_048_576
  }

  async #readMetrics(): Promise<string | null> {
    try {
      return await (await fetch(this.#metrics)).text()
    } catch {
      return null
    }
  }

  /** The most that was seen since this was last asked. */
  takeMostMiB(): number {
    const most = this.#mostMiB
    this.#mostMiB = 0
    return most
  }

  async end(): Promise<void> {
    clearInterval(this.#sampler)
    await this.#process.end()
    await removeFolder(this.#folder)
  }
}
