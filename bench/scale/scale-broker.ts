import { readdirSync } from 'node:fs'
import { setTimeout as elapsed } from 'node:timers/promises'
import type { BrokerAddress } from '../../src/client/broker-connection.ts'
import { startTrilog } from '../../interop/targets/trilog.ts'
import type { Target, TargetControl } from '../../interop/targets/target.ts'
import { type ProcessCost, processCost } from '../process-cost.ts'

export interface MeasuredStart {
  /** From the command to its end: the broker is ready, clients can work. */
  readonly seconds: number
  /** User and system time of the broker until then. */
  readonly cpuSeconds: number
  readonly residentMiB: number
}

export interface Idle {
  readonly cpuPercent: number
  readonly residentMiB: number
  /** What is open in the process: files, connections, and the system's own. */
  readonly openHandles: number
}

/** A Trilog broker by its command line, with a look from outside at what its process costs. Needs /proc. */
export class ScaleBroker {
  readonly #target: Target
  readonly #control: TargetControl

  private constructor(target: Target, control: TargetControl) {
    this.#target = target
    this.#control = control
  }

  static async start(): Promise<ScaleBroker> {
    const target = await startTrilog()
    if (target.control === null) throw new Error('a broker that can be started again is needed')
    return new ScaleBroker(target, target.control)
  }

  get address(): BrokerAddress {
    const [host = '', port] = this.#target.bootstrap.split(':')
    return { host, port: Number(port) }
  }

  async pid(): Promise<number> {
    const [pid] = await this.#control.pids()
    if (pid === undefined) throw new Error('the broker does not run')
    return pid
  }

  async cost(): Promise<ProcessCost> {
    const cost = processCost([await this.pid()])
    if (cost === null) throw new Error('memory and CPU of a process are read from /proc: this needs Linux')
    return cost
  }

  /** A clean stop; how many seconds it took. */
  async stop(): Promise<number> {
    const begun = performance.now()
    await this.#control.halt()
    return (performance.now() - begun) / 1000
  }

  kill(): Promise<void> {
    return this.#control.kill()
  }

  async startAgain(): Promise<MeasuredStart> {
    const begun = performance.now()
    await this.#control.restart()
    const seconds = (performance.now() - begun) / 1000
    const { cpuSeconds, residentMiB } = await this.cost()
    return { seconds, cpuSeconds, residentMiB }
  }

  /** Leaves it alone for a while and tells what that cost. The first seconds are given to it to calm down. */
  async idle(seconds: number): Promise<Idle> {
    await elapsed(5_000)
    const before = await this.cost()
    const begun = performance.now()
    await elapsed(seconds * 1000)
    const { cpuSeconds, residentMiB } = await this.cost()
    const cpuPercent = ((cpuSeconds - before.cpuSeconds) * 100_000) / (performance.now() - begun)
    return { cpuPercent, residentMiB, openHandles: readdirSync(`/proc/${await this.pid()}/fd`).length }
  }

  /** Stops it and removes its data. */
  end(): Promise<void> {
    return this.#target.stop()
  }
}
