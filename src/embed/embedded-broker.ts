import { mkdir } from 'node:fs/promises'
import { parseBrokerConfig } from '../config/broker-config.ts'
import type { LogLevel } from '../runtime/node/node-logger.ts'
import { openNodeRuntime } from '../runtime/node/node-runtime.ts'
import { type RunningBroker, startBroker } from '../server/start-broker.ts'
import type { ClusterBroker } from './cluster.ts'
import { whileProcessLives } from './while-process-lives.ts'

const host = '127.0.0.1'

/** One broker in this process. Starts and stops are done one after the other, in the order of the calls. */
export class EmbeddedBroker implements ClusterBroker {
  readonly id: number
  readonly #folder: string
  readonly #settings: Readonly<Record<string, string>>
  readonly #logLevel: LogLevel
  readonly #startBroker: typeof startBroker
  /** 0 until the first start has picked one. */
  #port = 0
  #broker: RunningBroker | null = null
  #lastChange: Promise<void> = Promise.resolve()

  constructor(parts: {
    id: number
    /** Made if it is not there. */
    folder: string
    settings: Readonly<Record<string, string>>
    logLevel: LogLevel
    /** For tests: what a broker is that fails. */
    startBroker?: typeof startBroker
  }) {
    this.id = parts.id
    this.#folder = parts.folder
    this.#settings = parts.settings
    this.#logLevel = parts.logLevel
    this.#startBroker = parts.startBroker ?? startBroker
  }

  get kafka(): { readonly host: string; readonly port: number } {
    return { host, port: this.#port }
  }

  get http(): { readonly host: string; readonly port: number } | null {
    return this.#broker?.http ?? null
  }

  get running(): boolean {
    return this.#broker !== null
  }

  start(): Promise<void> {
    return this.#next(async () => {
      if (this.#broker !== null) return
      await mkdir(this.#folder, { recursive: true })
      const config = parseBrokerConfig({
        ...this.#settings,
        'node.id': `${this.id}`,
        'log.dirs': this.#folder,
        listeners: `PLAINTEXT://${host}:${this.#port}`,
      })
      const runtime = await openNodeRuntime({ log: { level: this.#logLevel } })
      const exit = (code: number): void => end(new Error(`broker ${this.id} ends with code ${code}: its log says why`))
      const broker = await this.#startBroker({ ...runtime, exit }, config)
      void broker.failed.then((cause) => end(new Error(`broker ${this.id} cannot go on: ${cause.message}`, { cause })))
      this.#port = broker.kafka.port
      this.#broker = broker
    })
  }

  stop(): Promise<void> {
    return this.#next(async () => {
      const broker = this.#broker
      this.#broker = null
      await broker?.stop()
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
