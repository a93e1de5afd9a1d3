import { BrokerConnection } from '../src/client/broker-connection.ts'
import type { Api, RequestInputOf, ResponseOf } from '../src/codec/api.ts'
import type { Runtime } from '../src/runtime/runtime.ts'

/** How long one request may take, connecting included, in virtual ms. */
export const requestTimeoutMs = 2000

/** One connection that is made anew, by the next request, after it was lost. */
export class KafkaLink {
  readonly #runtime: Runtime
  readonly #address: { host: string; port: number }
  #connection: Promise<BrokerConnection> | null = null

  constructor(runtime: Runtime, address: { host: string; port: number }) {
    this.#runtime = runtime
    this.#address = address
  }

  async call<A extends Api>(api: A, body: RequestInputOf<A>, versionMax?: number): Promise<ResponseOf<A>> {
    const connection = await this.#open()
    return connection.call(api, body, { timeoutMs: requestTimeoutMs, versionMax })
  }

  async tell<A extends Api>(api: A, body: RequestInputOf<A>, versionMax: number): Promise<void> {
    const connection = await this.#open()
    connection.tell(api, body, versionMax)
  }

  async #open(): Promise<BrokerConnection> {
    if (this.#connection !== null) {
      const connection = await this.#connection.catch(() => null)
      if (connection !== null && !connection.closed) return connection
    }
    this.#connection = BrokerConnection.open(this.#runtime, this.#address, {
      clientId: 'simulation',
      timeoutMs: requestTimeoutMs,
    })
    return this.#connection
  }
}
