import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isFree } from '../runtime/node/free-port.ts'
import { PidFile } from './pid-file.ts'
import { identityOf } from './process-identity.ts'

const main = fileURLToPath(new URL('main.js', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A `trilog` process that runs. */
export class RunningCli {
  readonly child: ChildProcess
  /** Resolves when the process has ended and nobody holds its output any more. */
  readonly finished: Promise<Finished>
  #stdout = ''
  #stderr = ''
  #onOutput: () => void = () => {}

  constructor(args: readonly string[], input: string) {
    this.child = spawn(process.execPath, [main, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.child.stdin?.end(input)
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString()
      this.#onOutput()
    })
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString()
    })
    this.finished = new Promise((resolve) => {
      this.child.on('close', (code) => {
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr })
        this.#onOutput()
      })
    })
  }

  /** Resolves with the line that begins with `ready`. Rejects when the process ends without it. */
  async ready(): Promise<string> {
    for (;;) {
      const line = /^ready .*$/m.exec(this.#stdout)?.[0]
      if (line !== undefined) return line
      if (this.child.exitCode !== null) throw new Error(`ended with ${this.child.exitCode}: ${this.#stderr}`)
      await new Promise<void>((resolve) => {
        this.#onOutput = resolve
      })
    }
  }
}

/** A folder for one cluster, and the commands on it. Whatever still runs of it at the end is killed. */
export class CliFixture {
  readonly data = mkdtempSync(join(tmpdir(), 'trilog-cli-'))
  /** What a shell would be given before a command's own arguments. */
  readonly program = [process.execPath, main]
  readonly pid = this.pidOf('broker-1')
  #ports: string[] = []
  readonly #running = new Set<RunningCli>()

  /** Options that make the cluster on ports of its own. */
  async ports(): Promise<string[]> {
    if (this.#ports.length === 0) {
      const kafka = await freeBlock()
      this.#ports.push('--kafka-port', `${kafka}`, '--http-port', `${kafka + httpDistance}`)
    }
    return this.#ports
  }

  /** Of a node by the name of its folder. */
  pidOf(folder: string): PidFile {
    return new PidFile(join(this.data, folder, 'pid'))
  }

  get bootstrap(): string[] {
    return ['--bootstrap', `127.0.0.1:${this.#ports[1]}`]
  }

  start(...args: string[]): RunningCli {
    const running = new RunningCli(args, '')
    this.#running.add(running)
    return running
  }

  run(...args: string[]): Promise<Finished> {
    return new RunningCli(args, '').finished
  }

  runWith(input: string, ...args: string[]): Promise<Finished> {
    return new RunningCli(args, input).finished
  }

  async up(...more: string[]): Promise<Finished> {
    return this.run('up', '--data', this.data, ...(await this.ports()), '--detach', ...more)
  }

  down(): Promise<Finished> {
    return this.run('down', '--data', this.data)
  }

  brokerLog(): string {
    return this.read('broker-1', 'broker.log')
  }

  /** What a file in the cluster's folder holds. */
  read(...path: string[]): string {
    return readFileSync(join(this.data, ...path), 'utf8')
  }

  /** Resolves when the process is gone. */
  async gone(pid: number): Promise<void> {
    const identity = identityOf(pid)
    while (identity !== null && identityOf(pid) === identity) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  async close(): Promise<void> {
    for (const { child } of this.#running) child.kill('SIGKILL')
    for (const folder of readdirSync(this.data)) {
      const pid = this.pidOf(folder).running()
      if (pid === null) continue
      process.kill(pid, 'SIGKILL')
      await this.gone(pid)
    }
    rmSync(this.data, { recursive: true, force: true })
  }
}

/** Ports that a test's cluster may use: Kafka from the first on, HTTP further up, peers and controllers in between. */
const blockSize = 100
const httpDistance = 80
/** Below what systems give to outgoing connections, which come and go. */
const firstBlock = 20_000
const blocks = 100

/** Tests that run at the same time are processes with other ids, and begin at other blocks. */
async function freeBlock(): Promise<number> {
  for (let nth = 0; nth < blocks; nth++) {
    const from = firstBlock + ((process.pid + nth) % blocks) * blockSize
    const offsets = [0, 1, 2, 20, 21, 22, 60, 61, 62, 80, 81, 82]
    const free = await Promise.all(offsets.map((offset) => isFree(from + offset)))
    if (!free.includes(false)) return from
  }
  throw new Error('this machine has no free ports for a test')
}

/** Runs a test with a folder of its own. */
export async function withCli(test: (cli: CliFixture) => Promise<void>): Promise<void> {
  const cli = new CliFixture()
  try {
    await test(cli)
  } finally {
    await cli.close()
  }
}
