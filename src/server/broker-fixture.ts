import { type Api, decodeResponse, encodeRequest, type RequestInputOf, type ResponseOf } from '../codec/api.ts'
import { parseBrokerConfig } from '../config/broker-config.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Connection } from '../runtime/network.ts'
import type { SimNode } from '../runtime/sim/sim-node.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { type RunningBroker, startBroker } from './start-broker.ts'

/** One line that the broker has logged. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly facts: Readonly<Record<string, unknown>>
}

/** The broker's data folder on its simulated disk. */
export const dataFolder = '/data'

/** Virtual time that one test may take. */
const testLimitMs = 3_600_000

/** A connection on which a test says what it likes, in bytes, and reads what comes back. */
export class RawConnection {
  readonly #connection: Connection
  readonly #landing = Buffer.alloc(64 * 1024)
  readonly #waiting: { correlationId: number; settle: (frame: Buffer) => void; fail: (error: Error) => void }[] = []
  #received = Buffer.alloc(0)
  #nextId = 1
  /** Whether the broker, or this side, has closed the connection. */
  closed = false
  /** Resolves when the connection is closed. */
  readonly whenClosed: Promise<void>

  constructor(connection: Connection) {
    this.#connection = connection
    this.whenClosed = new Promise((resolve) => {
      connection.start({
        allocate: () => this.#landing,
        received: (bytes) => this.#onBytes(this.#landing.subarray(0, bytes)),
        closed: () => {
          this.closed = true
          for (const { fail } of this.#waiting.splice(0)) fail(new Error('the connection was closed without an answer'))
          resolve()
        },
      })
    })
  }

  /** Where it comes from, as the broker sees it. */
  get address(): string {
    return this.#connection.local.host
  }

  /** Sends a request and decodes its answer, which must come in the order of the requests. Rejects when the connection closes first. */
  request<A extends Api>(
    api: A,
    version: number,
    body: RequestInputOf<A>,
    clientId: string | null = 'test',
  ): Promise<ResponseOf<A>> {
    const correlationId = this.#nextId++
    const answer = new Promise<Buffer>((settle, fail) => this.#waiting.push({ correlationId, settle, fail }))
    this.#connection.write(encodeRequest(api, { version, correlationId, clientId }, body))
    return answer.then((frame) => decodeResponse(api, version, frame).body)
  }

  /** Sends a request that is not answered. */
  send<A extends Api>(api: A, version: number, body: RequestInputOf<A>): void {
    this.#connection.write(encodeRequest(api, { version, correlationId: this.#nextId++, clientId: 'test' }, body))
  }

  /** Sends bytes as they are. */
  write(bytes: Uint8Array): void {
    this.#connection.write([bytes])
  }

  /** The next answer's frame, without its size, after bytes sent by `write` with this correlation id. */
  frame(correlationId: number): Promise<Buffer> {
    return new Promise((settle, fail) => this.#waiting.push({ correlationId, settle, fail }))
  }

  /** Reads nothing from now on. */
  stopReading(): void {
    this.#connection.pause()
  }

  readAgain(): void {
    this.#connection.resume()
  }

  close(): void {
    this.#connection.destroy()
  }

  #onBytes(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0)
      if (this.#received.length < end) return
      const frame = Buffer.from(this.#received.subarray(4, end))
      this.#received = this.#received.subarray(end)
      const next = this.#waiting.shift()
      if (next === undefined) throw new Error('an answer that nobody has asked for')
      const { correlationId } = next
      if (frame.readInt32BE(0) === correlationId) next.settle(frame)
      else next.fail(new Error(`answer ${frame.readInt32BE(0)} came in the place of ${correlationId}`))
    }
  }
}

/** A real broker on a simulated machine, and clients on another. */
export class BrokerFixture {
  readonly world: SimWorld
  readonly node: SimNode
  readonly log: LogLine[] = []
  readonly #settings: Readonly<Record<string, string>>
  #broker: RunningBroker | null = null
  #connection: RawConnection | null = null

  constructor(settings: Readonly<Record<string, string>>, seed: number) {
    this.world = new SimWorld(seed)
    this.node = this.world.node('broker')
    this.node.logger = this.#logger({})
    // A new logger is taken by the next incarnation.
    this.node.restart()
    this.#settings = settings
  }

  get broker(): RunningBroker {
    if (this.#broker === null) throw new Error('the broker is not running')
    return this.#broker
  }

  async start(): Promise<void> {
    const config = parseBrokerConfig({
      'node.id': '1',
      'log.dirs': dataFolder,
      listeners: 'PLAINTEXT://broker:9092',
      'insecure.listen': 'true',
      'http.port': '-1',
      'group.initial.rebalance.delay.ms': '0',
      // The records of many tests are of 2020.
      'log.retention.ms': '-1',
      'offsets.topic.num.partitions': '2',
      'offsets.topic.replication.factor': '1',
      ...this.#settings,
    })
    this.#broker = await startBroker(this.node.runtime, config)
  }

  /** Stops it cleanly and starts it again. */
  async restart(): Promise<void> {
    await this.stop()
    this.node.restart()
    await this.start()
  }

  async stop(): Promise<void> {
    await this.broker.stop()
    this.#broker = null
    this.#connection = null
  }

  /** Kills it, or takes its power, does what the test wants to be done meanwhile, and starts it again. */
  async fail(how: 'crash' | 'power-cut', meanwhile: () => void = () => {}): Promise<void> {
    if (how === 'crash') this.node.crash()
    else this.node.powerCut()
    this.#broker = null
    this.#connection = null
    meanwhile()
    this.node.restart()
    await this.start()
  }

  async connect(): Promise<RawConnection> {
    return new RawConnection(await this.world.node('client').runtime.network.connect({ host: 'broker', port: 9092 }))
  }

  /** Calls an API on a connection that all calls share. */
  async call<A extends Api>(
    api: A,
    version: number,
    body: RequestInputOf<A>,
    clientId: string | null = 'test',
  ): Promise<ResponseOf<A>> {
    if (this.#connection === null || this.#connection.closed) this.#connection = await this.connect()
    return this.#connection.request(api, version, body, clientId)
  }

  /** Lets virtual time pass. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.world.schedule(ms, resolve))
  }

  /** Logged lines that have these words in them. */
  lines(words: string): LogLine[] {
    return this.log.filter(({ message }) => message.includes(words))
  }

  #logger(more: object): Logger {
    const note = (level: LogLine['level']) => (facts: object, message: string) =>
      void this.log.push({ level, message, facts: { ...more, ...facts } })
    return {
      debug: note('debug'),
      info: note('info'),
      warn: note('warn'),
      error: note('error'),
      child: (facts) => this.#logger({ ...more, ...facts }),
    }
  }
}

/** Runs a test with a broker that has just been started on an empty disk, in virtual time. */
export function withBroker(
  test: (broker: BrokerFixture) => Promise<void>,
  options: { settings?: Readonly<Record<string, string>>; seed?: number } = {},
): Promise<void> {
  const broker = new BrokerFixture(options.settings ?? {}, options.seed ?? 1)
  const run = async (): Promise<void> => {
    await broker.start()
    await test(broker)
  }
  return broker.world.complete(run(), testLimitMs)
}
