import type { LogLevel } from '../runtime/node/node-logger.ts'
import { type RunningBroker, startBroker } from '../server/start-broker.ts'
import type { ClusterBroker } from './cluster.ts'
import { EmbeddedNode } from './embedded-node.ts'
import type { NodePlace } from './node-places.ts'

const host = '127.0.0.1'

/** One broker in this process. */
export class EmbeddedBroker implements ClusterBroker {
  readonly id: number
  readonly #node: EmbeddedNode<RunningBroker>
  readonly #settings: Readonly<Record<string, string>>
  /** 0 until the first start has picked one. */
  #port = 0

  constructor(parts: {
    place: NodePlace
    settings: Readonly<Record<string, string>>
    logLevel: LogLevel
    /** For tests: what a broker is that fails. */
    startBroker?: typeof startBroker
  }) {
    const { place, logLevel } = parts
    this.id = place.id
    this.#settings = { ...place.settings, ...parts.settings }
    const start = parts.startBroker ?? startBroker
    this.#node = new EmbeddedNode({
      kind: 'broker',
      place,
      logLevel,
      start: (runtime, config, giveUp) => start(runtime, config, { giveUp }),
    })
  }

  get kafka(): { readonly host: string; readonly port: number } {
    return { host, port: this.#port }
  }

  get http(): { readonly host: string; readonly port: number } | null {
    return this.#node.running?.http ?? null
  }

  get running(): boolean {
    return this.#node.running !== null
  }

  start(): Promise<void> {
    const settings = { ...this.#settings, listeners: `PLAINTEXT://${host}:${this.#port}` }
    return this.#node.start(settings, ({ kafka }) => {
      this.#port = kafka.port
    })
  }

  stop(): Promise<void> {
    return this.#node.stop()
  }
}
