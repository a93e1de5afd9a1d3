import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as elapsed } from 'node:timers/promises'
import { onEnd, runOrThrow } from '../interop/child.ts'
import { freePortBase } from '../interop/free-ports.ts'
import { trilogMain } from '../interop/package-root.ts'
import { plainTable } from '../interop/table.ts'
import { removeFolder } from '../interop/targets/remove-folder.ts'
import type { BrokerConnection } from '../src/client/broker-connection.ts'
import { check, KafkaError } from '../src/client/kafka-error.ts'
import { createTopics } from '../src/kafka/schema/create-topics.ts'
import { incrementalAlterConfigs } from '../src/kafka/schema/incremental-alter-configs.ts'
import { metadata } from '../src/kafka/schema/metadata.ts'
import { produce } from '../src/kafka/schema/produce.ts'
import { buildBatch } from '../src/record/batch-builder.ts'
import { machine } from './machine.ts'
import { openConnection } from './scale/idle-connections.ts'

export interface CatchUpOptions {
  megabytes: number
  rate: number
  writesPerSecond: number
}

const commandMs = 60_000
const requestMs = 30_000
const mib = 1024 * 1024
const fillBytes = 512 * 1024
const smallBytes = 1024
const quietSeconds = 10
const triesMax = 20
const againMs = 100
const brokerResource = 4
const set = 0

interface Seen {
  readonly seconds: number
  /** Of each write, in ms. */
  readonly latencies: readonly number[]
}

/**
 * Prints what writes with acks=all wait for while a follower that was away fetches old segments from the leader, as fast as it goes
 * and with `leader.replication.throttled.rate`.
 */
export async function runCatchUp(options: CatchUpOptions): Promise<void> {
  const cluster = await ThreeBrokers.start()
  const head = ['writes with acks=all', 'follower back in sync after, s', 'median, ms', 'p99, ms', 'longest, ms']
  const table = plainTable(head)
  const add = (what: string, { seconds, latencies }: Seen, isBehind: boolean): void => {
    const sorted = [...latencies].sort((one, other) => one - other)
    const at = (share: number): string =>
      (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1)
    table.push([what, isBehind ? seconds.toFixed(1) : '', at(0.5), at(0.99), at(1)])
  }
  const topic = await cluster.fill('quiet', 1)
  add('nobody is behind', await cluster.watch(topic, options, { untilSeconds: quietSeconds }), false)
  await cluster.setRate(Number.MAX_SAFE_INTEGER)
  add('a follower is behind, no throttle', await cluster.catchUp('free', options), true)
  await cluster.setRate(options.rate * mib)
  add(`a follower is behind, ${options.rate} MiB/s`, await cluster.catchUp('throttled', options), true)
  await cluster.end()
  const what = `${options.writesPerSecond} writes a second of ${smallBytes} bytes; ${options.megabytes} MiB to catch up with`
  process.stdout.write(`${machine()}\n${what}\n${table}\n`)
}

interface FilledTopic {
  readonly name: string
  readonly id: string
  /** To who leads it; another one, if that changes. */
  connection: BrokerConnection
  /** A broker that follows. */
  readonly follower: number
}

/** Three brokers by the command line, each a process of its own. */
class ThreeBrokers {
  readonly #data: string
  readonly #ports: number
  readonly #release: () => void

  private constructor(data: string, ports: number) {
    this.#data = data
    this.#ports = ports
    this.#release = onEnd(() => this.#remove())
  }

  static async start(): Promise<ThreeBrokers> {
    const cluster = new ThreeBrokers(await mkdtemp(join(tmpdir(), 'trilog-catch-up-')), await freePortBase([20, 1000]))
    const ports = ['--kafka-port', `${cluster.#ports}`, '--http-port', `${cluster.#ports + 1000}`]
    await cluster.#trilog('up', '--brokers', '3', ...ports, '--detach')
    return cluster
  }

  async end(): Promise<void> {
    this.#release()
    await this.#remove()
  }

  async setRate(bytesPerSecond: number): Promise<void> {
    const connection = await this.#connect(1)
    const configs = [{ name: 'leader.replication.throttled.rate', configOperation: set, value: `${bytesPerSecond}` }]
    const resources = [{ resourceType: brokerResource, resourceName: '', configs }]
    const { responses } = await connection.call(incrementalAlterConfigs, { resources }, { timeoutMs: requestMs })
    check(responses[0]?.errorCode ?? -1, 'setting the rate', responses[0]?.errorMessage)
    connection.close()
  }

  /** Has a follower miss that much, and come back. */
  async catchUp(name: string, options: CatchUpOptions): Promise<Seen> {
    const topic = await this.fill(name, 1)
    await this.#trilog('broker', 'stop', `${topic.follower}`)
    for (let at = 0; at < options.megabytes * mib; at += fillBytes) await this.#write(topic, fillBytes)
    const isBack = this.#trilog('broker', 'start', `${topic.follower}`)
    const seen = await this.watch(topic, options, { untilInSync: topic.follower })
    await isBack
    topic.connection.close()
    return seen
  }

  /** Makes a topic of one partition, with some writes in it. */
  async fill(name: string, writes: number): Promise<FilledTopic> {
    const connection = await this.#connect(1)
    const configs = [
      { name: 'leader.replication.throttled.replicas', value: '*' },
      { name: 'segment.bytes', value: `${16 * mib}` },
    ]
    const body = { topics: [{ name, numPartitions: 1, replicationFactor: 3, configs }], timeoutMs: requestMs }
    const made = (await connection.call(createTopics, body, { timeoutMs: requestMs })).topics[0]
    check(made?.errorCode ?? -1, `making topic ${name}`, made?.errorMessage)
    const told = await partitionOf(connection, name)
    connection.close()
    const leader = told?.leaderId ?? 1
    const follower = told?.replicaNodes.find((id) => id !== leader) ?? 2
    const topic = { name, id: made?.topicId ?? '', connection: await this.#connect(leader), follower }
    for (let nth = 0; nth < writes; nth++) await this.#write(topic, smallBytes)
    return topic
  }

  /** Writes in an even beat, and notes how long each takes: for so long, or until that follower is in sync. */
  async watch(
    topic: FilledTopic,
    { writesPerSecond }: CatchUpOptions,
    until: { untilSeconds: number } | { untilInSync: number },
  ): Promise<Seen> {
    const latencies: number[] = []
    const begunMs = performance.now()
    let isOver = false
    const over = this.#over(topic, until).then(() => void (isOver = true))
    const writes: Promise<void>[] = []
    for (let nth = 0; !isOver; nth++) {
      const dueMs = begunMs + (nth * 1000) / writesPerSecond
      await elapsed(Math.max(0, dueMs - performance.now()))
      // From when it was due: what waits behind a slow one has waited as well.
      writes.push(this.#write(topic, smallBytes).then(() => void latencies.push(performance.now() - dueMs)))
    }
    await over
    const seconds = (performance.now() - begunMs) / 1000
    await Promise.all(writes)
    return { seconds, latencies }
  }

  async #over(topic: FilledTopic, until: { untilSeconds: number } | { untilInSync: number }): Promise<void> {
    if ('untilSeconds' in until) return elapsed(until.untilSeconds * 1000)
    const connection = await this.#connect((topic.follower % 3) + 1)
    for (let isIn = false; !isIn; ) {
      await elapsed(100)
      isIn = (await partitionOf(connection, topic.name))?.isrNodes.includes(until.untilInSync) === true
    }
    connection.close()
  }

  /** Until it is taken: on a busy machine a broker may be taken for gone, and another one lead. */
  async #write(topic: FilledTopic, bytes: number): Promise<void> {
    for (let tries = triesMax; ; tries--) {
      try {
        return await write(topic, bytes)
      } catch (error) {
        if (!(error instanceof KafkaError) || tries === 0) throw error
        await elapsed(againMs)
        const asked = await this.#connect((topic.follower % 3) + 1)
        const leader = (await partitionOf(asked, topic.name))?.leaderId ?? -1
        asked.close()
        if (leader > 0) topic.connection = await this.#connect(leader)
      }
    }
  }

  #connect(broker: number): Promise<BrokerConnection> {
    return openConnection({ address: { host: '127.0.0.1', port: this.#ports + broker - 1 } })
  }

  #trilog(...args: string[]): Promise<string> {
    return runOrThrow(process.execPath, [trilogMain, ...args, '--data', this.#data], { timeoutMs: commandMs })
  }

  async #remove(): Promise<void> {
    await runOrThrow(process.execPath, [trilogMain, 'down', '--data', this.#data], {
      timeoutMs: commandMs,
      cleanup: true,
    })
    await removeFolder(this.#data)
  }
}

async function write({ id, name, connection }: FilledTopic, bytes: number): Promise<void> {
  const records = [buildBatch([{ timestamp: Date.now(), value: Buffer.alloc(bytes, 'x') }])]
  const topicData = [{ topicId: id, partitionData: [{ index: 0, records }] }]
  const answer = await connection.call(produce, { acks: -1, timeoutMs: requestMs, topicData }, { timeoutMs: requestMs })
  check(answer.responses[0]?.partitionResponses[0]?.errorCode ?? -1, `writing to ${name}`)
}

async function partitionOf(connection: BrokerConnection, name: string) {
  const body = { topics: [{ name }], allowAutoTopicCreation: false }
  return (await connection.call(metadata, body, { timeoutMs: requestMs })).topics[0]?.partitions[0]
}
