import { appendFile, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onEnd, run, runOrThrow } from '../child.ts'
import { freePortBase } from '../free-ports.ts'
import { trilogMain } from '../package-root.ts'
import { removeFolder } from '../targets/remove-folder.ts'

const commandMs = 60_000

/** Damage is looked for all the time, and what was written does not stay in memory for long. */
const settings = `
log.scrub.interval.ms: 500
log.scrub.io.max.bytes.per.second: 100000000
log.tail.memory.max.bytes: 1048576
log.flush.offset.checkpoint.interval.ms: 500
`

/** Three brokers in processes of their own, whose files somebody may lay hands on. */
export class DamagedCluster {
  readonly bootstrap: string
  readonly #folder: string

  private constructor(folder: string, bootstrap: string) {
    this.#folder = folder
    this.bootstrap = bootstrap
  }

  static async start(): Promise<DamagedCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'trilog-damage-'))
    const port = await freePortBase([1, 2, 20, 21, 22, 1000, 1001, 1002])
    const where = ['--data', folder, '--kafka-port', String(port), '--http-port', String(port + 1000), '--detach']
    const output = await trilog('up', '--brokers', '3', ...where)
    const bootstrap = /^ready .*\bkafka=(\S+)/m.exec(output)?.[1]
    if (bootstrap === undefined) throw new Error(`trilog up printed no ready line: ${output.trim()}`)
    const cluster = new DamagedCluster(folder, bootstrap)
    onEnd(() => cluster.#end())
    await trilog('down', '--data', folder)
    for (const broker of [1, 2, 3]) await appendFile(join(folder, `broker-${broker}`, 'broker.yaml'), settings)
    await trilog('up', '--data', folder, '--detach')
    return cluster
  }

  /** Its log directory. */
  dataOf(broker: number): string {
    return join(this.#folder, `broker-${broker}`, 'data')
  }

  stop(broker: number): Promise<string> {
    return trilog('broker', 'stop', String(broker), '--data', this.#folder)
  }

  kill(broker: number): Promise<string> {
    return trilog('broker', 'kill', String(broker), '--data', this.#folder)
  }

  startAgain(broker: number): Promise<string> {
    return trilog('broker', 'start', String(broker), '--data', this.#folder)
  }

  /** Bytes that the broker has logged so far. */
  async logged(broker: number): Promise<number> {
    return (await this.#log(broker)).length
  }

  /** Resolves once the broker has logged each of these after `from`; a line counts that has all the words. False: not in time. */
  async logs(
    broker: number,
    lines: readonly (readonly string[])[],
    { from, withinMs }: { from: number; withinMs: number },
  ): Promise<boolean> {
    for (const endMs = performance.now() + withinMs; performance.now() < endMs; await sleep(100)) {
      const written = (await this.#log(broker)).slice(from).split('\n')
      if (lines.every((words) => written.some((line) => words.every((word) => line.includes(word))))) return true
    }
    return false
  }

  #log(broker: number): Promise<string> {
    return readFile(join(this.#folder, `broker-${broker}`, 'broker.log'), 'utf8')
  }

  async #end(): Promise<void> {
    await runOrThrow(process.execPath, [trilogMain, 'down', '--data', this.#folder], {
      timeoutMs: commandMs,
      cleanup: true,
    })
    for (const broker of [1, 2, 3]) await run('umount', [this.dataOf(broker)], { timeoutMs: commandMs, cleanup: true })
    await removeFolder(this.#folder)
  }
}

const trilog = (...args: string[]): Promise<string> =>
  runOrThrow(process.execPath, [trilogMain, ...args], { timeoutMs: commandMs })
