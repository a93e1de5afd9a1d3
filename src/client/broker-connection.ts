import { type Api, decodeResponse, encodeRequest, type RequestInputOf, type ResponseOf } from '../codec/api.ts'
import { SizedFrames } from '../codec/sized-frames.ts'
import { apiVersions } from '../kafka/schema/api-versions.ts'
import { ownClientName } from '../kafka/schema/own/own-apis.ts'
import type { Timer } from '../runtime/clock.ts'
import type { Connection } from '../runtime/network.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { BrokerUnreachable, Cancelled, check, KafkaError } from './kafka-error.ts'

/** What of the world a client needs. */
export type ClientRuntime = Pick<Runtime, 'clock' | 'network' | 'random'>

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

export interface CallOptions {
  /** How long to wait for the answer; then the connection is closed, as the answers behind it would wait too. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** A lower last version than the declared one. */
  readonly versionMax?: number | undefined
}

/** A request's body, or how it is made for the version that both sides know. */
export type BodyFor<A extends Api> = RequestInputOf<A> | ((version: number) => RequestInputOf<A>)

interface Pending {
  readonly api: Api
  readonly version: number
  resolve(body: unknown): void
  reject(error: Error): void
}

const unsupportedVersion = 35
/** The largest size is larger than any answer that a broker gives. */
const answerBounds = { landingBytes: 16 * 1024, frameBytesMin: 4, frameBytesMax: 1024 * 1024 * 1024 }
const softwareVersion = '0.1.0'

/** One connection to one broker. Requests are pipelined; the broker answers them in order. */
export class BrokerConnection {
  readonly address: BrokerAddress
  readonly #runtime: ClientRuntime
  readonly #clientId: string
  readonly #connection: Connection
  readonly #pending = new Map<number, Pending>()
  readonly #ranges = new Map<number, readonly [number, number]>()
  #nextCorrelationId = 0
  #closedBy: Error | null = null

  private constructor(runtime: ClientRuntime, address: BrokerAddress, clientId: string, connection: Connection) {
    this.#runtime = runtime
    this.address = address
    this.#clientId = clientId
    this.#connection = connection
    const frames = new SizedFrames(answerBounds, (frame) => this.#onFrame(frame))
    connection.start({
      allocate: () => frames.allocate(),
      received: (bytes) => {
        try {
          frames.received(bytes)
        } catch (error) {
          this.#fail(this.#lost(error))
        }
      },
      closed: (error) => this.#fail(this.#lost(error)),
    })
  }

  /** Connects and learns which versions the broker serves. Rejects with `BrokerUnreachable`. */
  static async open(
    runtime: ClientRuntime,
    address: BrokerAddress,
    options: { clientId: string; timeoutMs: number; signal?: AbortSignal | undefined },
  ): Promise<BrokerConnection> {
    const { clientId, timeoutMs, signal } = options
    const until = runtime.clock.monotonicMs() + timeoutMs
    const connection = await connect(runtime, address, timeoutMs)
    const opened = new BrokerConnection(runtime, address, clientId, connection)
    try {
      if (signal?.aborted) throw new Cancelled('connecting')
      await opened.#negotiate({ timeoutMs: Math.max(1, until - runtime.clock.monotonicMs()), signal })
    } catch (error) {
      opened.close()
      throw error
    }
    return opened
  }

  get closed(): boolean {
    return this.#closedBy !== null
  }

  /** The version that both sides know; throws when there is none. */
  versionOf(api: Api, versionMax = api.versions[1]): number {
    const range = this.#ranges.get(api.key)
    const version = Math.min(versionMax, range?.[1] ?? -1)
    if (range === undefined || version < Math.max(api.versions[0], range[0])) {
      throw new KafkaError(
        unsupportedVersion,
        api.name,
        `the broker at ${this.#name} serves no version of it that is known here`,
      )
    }
    return version
  }

  /** Asks, and gives the answer. Views in it are the caller's to keep. */
  call<A extends Api>(api: A, body: BodyFor<A>, options: CallOptions): Promise<ResponseOf<A>> {
    const version = this.versionOf(api, options.versionMax)
    return this.#send(api, version, typeof body === 'function' ? body(version) : body, options)
  }

  /** Sends a request that is not answered (Produce with acks=0). */
  tell<A extends Api>(api: A, body: RequestInputOf<A>, versionMax?: number): void {
    if (this.#closedBy !== null) throw this.#closedBy
    const version = this.versionOf(api, versionMax)
    const header = { version, correlationId: this.#nextCorrelationId++, clientId: this.#clientId }
    this.#connection.write(encodeRequest(api, header, body))
  }

  close(): void {
    this.#fail(new BrokerUnreachable('connection-lost', `the connection to ${this.#name} was closed`))
  }

  /** Sends what is queued before it closes: for requests that are not answered. */
  end(): void {
    this.#connection.end()
  }

  async #negotiate(options: CallOptions): Promise<void> {
    const [, newest] = apiVersions.versions
    const ask = { clientSoftwareName: ownClientName, clientSoftwareVersion: softwareVersion }
    let answer = await this.#send(apiVersions, newest, ask, options)
    // An older broker answers in the oldest form, with what it serves.
    if (answer.errorCode === unsupportedVersion) answer = await this.#send(apiVersions, 0, {}, options)
    check(answer.errorCode, `asking ${this.#name} for its versions`)
    for (const { apiKey, minVersion, maxVersion } of answer.apiKeys) this.#ranges.set(apiKey, [minVersion, maxVersion])
  }

  #send<A extends Api>(api: A, version: number, body: RequestInputOf<A>, options: CallOptions): Promise<ResponseOf<A>> {
    const { signal, timeoutMs } = options
    const doing = `${api.name} to ${this.#name}`
    return new Promise((resolve, reject) => {
      if (this.#closedBy !== null) return reject(this.#closedBy)
      if (signal?.aborted) return reject(new Cancelled(doing))
      const correlationId = this.#nextCorrelationId++
      const chunks = encodeRequest(api, { version, correlationId, clientId: this.#clientId }, body)
      const timer: Timer = this.#runtime.clock.setTimer(timeoutMs, () => {
        const error = new BrokerUnreachable('timeout', `${doing}: no answer within ${Math.round(timeoutMs)} ms`)
        settle()
        reject(error)
        this.#fail(error)
      })
      // The answer may still come: its place is kept, so that it is known and dropped.
      const onAbort = () => {
        timer.cancel()
        reject(new Cancelled(doing))
      }
      const settle = () => {
        timer.cancel()
        signal?.removeEventListener('abort', onAbort)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#pending.set(correlationId, {
        api,
        version,
        resolve: (answer) => {
          settle()
          resolve(answer as ResponseOf<A>)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      })
      this.#connection.write(chunks)
    })
  }

  #onFrame(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0)
    const pending = this.#pending.get(correlationId)
    if (pending === undefined) throw new Error(`an answer to request ${correlationId}, which was not asked`)
    this.#pending.delete(correlationId)
    // An ApiVersions request that is too new is answered in the oldest form.
    const refused = pending.api.key === apiVersions.key && frame.readInt16BE(4) === unsupportedVersion
    let body: unknown
    try {
      body = decodeResponse(pending.api, refused ? 0 : pending.version, frame).body
    } catch (error) {
      pending.reject(this.#lost(error))
      throw error
    }
    pending.resolve(body)
  }

  #fail(error: Error): void {
    if (this.#closedBy !== null) return
    this.#closedBy = error
    this.#connection.destroy()
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of pending) reject(error)
  }

  #lost(cause: unknown): BrokerUnreachable {
    const why = cause instanceof Error ? `: ${cause.message}` : ''
    return new BrokerUnreachable('connection-lost', `the connection to ${this.#name} was lost${why}`, cause)
  }

  get #name(): string {
    return `${this.address.host}:${this.address.port}`
  }
}

async function connect(runtime: ClientRuntime, address: BrokerAddress, timeoutMs: number): Promise<Connection> {
  try {
    return await runtime.network.connect(address, { timeoutMs })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new BrokerUnreachable('unreachable', `no broker at ${address.host}:${address.port} (${why})`, error)
  }
}
