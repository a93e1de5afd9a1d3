import { mkdir } from 'node:fs/promises'
import { type BrokerConfig, parseBrokerConfig } from '../config/broker-config.ts'
import type { LogLevel } from '../runtime/node/node-logger.ts'
import { openNodeRuntime } from '../runtime/node/node-runtime.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { NodePlace } from './node-places.ts'
import { whileProcessLives } from './while-process-lives.ts'

/** What runs: a broker or a controller. */
interface RunningNode {
  stop(): Promise<void>
  readonly failed: Promise<Error>
}

/** Starts it; `giveUp` ends a start that waits for others. */
export type StartNode<R extends RunningNode> = (
  runtime: Runtime,
  config: BrokerConfig,
  giveUp: AbortSignal,
) => Promise<R>

/** A node in this process. Starts and stops are done one after the other, in the order of the calls. */
export class EmbeddedNode<R extends RunningNode> {
  readonly #kind: string
  readonly #place: NodePlace
  readonly #logLevel: LogLevel
  readonly #start: StartNode<R>
  #running: R | null = null
  #lastChange: Promise<void> = Promise.resolve()
  #starting: AbortController | null = null

  constructor(parts: {
    /** For people: broker or controller. */
    kind: string
    place: NodePlace
    logLevel: LogLevel
    start: StartNode<R>
  }) {
    this.#kind = parts.kind
    this.#place = parts.place
    this.#logLevel = parts.logLevel
    this.#start = parts.start
  }

  /** Null while it is stopped. */
  get running(): R | null {
    return this.#running
  }

  /** Starts it with these settings beside those of its place. */
  start(settings: Readonly<Record<string, string>>, started: (running: R) => void = () => {}): Promise<void> {
    return this.#next(async () => {
      if (this.#running !== null) return
      const { id, folder } = this.#place
      await mkdir(folder, { recursive: true })
      const config = parseBrokerConfig({ ...settings, 'node.id': `${id}`, 'log.dirs': folder })
      const runtime = await openNodeRuntime({ log: { level: this.#logLevel } })
      const name = `${this.#kind} ${id}`
      const exit = (code: number): void => end(new Error(`${name} ends with code ${code}: its log says why`))
      this.#starting = new AbortController()
      const running = await this.#start({ ...runtime, exit }, config, this.#starting.signal)
      void running.failed.then((cause) => end(new Error(`${name} cannot go on: ${cause.message}`, { cause })))
      this.#running = running
      started(running)
    })
  }

  /** Also ends a start that waits. */
  stop(): Promise<void> {
    this.#starting?.abort()
    return this.#next(async () => {
      const running = this.#running
      this.#running = null
      await running?.stop()
    })
  }

  #next(change: () => Promise<void>): Promise<void> {
    const done = this.#lastChange.then(() => whileProcessLives(change))
    // A change that failed is its caller's affair; the next one is tried all the same.
    this.#lastChange = done.catch(() => {})
    return done
  }
}

/** Out of any promise, so that nobody can take it for an answer: it must end the process. */
function end(error: Error): void {
  process.nextTick(() => {
    throw error
  })
}
