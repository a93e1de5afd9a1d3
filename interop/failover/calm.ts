import { setTimeout as sleep } from 'node:timers/promises'
import { createTopic } from '../../src/client/topics.ts'
import { LineProcess } from '../child.ts'
import { installKafka, kafkaScript } from '../targets/kafka.ts'
import { Checks } from './checks.ts'
import { inSync } from './in-sync.ts'
import { LocalBrokers } from './local-brokers.ts'
import { metadataEvents } from './metadata-events.ts'

const partitions = 6
const beginMs = 60_000
const spareMs = 180_000
const lookMs = 50
// What is written is removed again soon: ten minutes of full load would fill most disks.
const bounded = { 'segment.bytes': String(16 * 1024 * 1024), 'retention.bytes': String(32 * 1024 * 1024) }
const settings = {
  'log.retention.check.interval.ms': '10000',
  // Leaders that go back to preferred replicas do so on purpose.
  'auto.leader.rebalance.enable': 'false',
}
const topics = [
  { name: 'calm-isr', configs: { 'min.insync.replicas': '2' } },
  { name: 'calm-majority', configs: { 'replication.scheme': 'majority' } },
  { name: 'calm-primary-backup', configs: { 'replication.scheme': 'primary-backup', 'replication.sync.backups': '1' } },
]

/** Loads three brokers as fast as Kafka's own tools go, and looks for leaders that changed for no reason; 1: there were some. */
export async function runCalm({ minutes }: { minutes: number }): Promise<number> {
  const missing = await installKafka()
  if (missing !== null) throw new Error(missing)
  const brokers = await LocalBrokers.start({ brokers: 3, controllers: 0, settings })
  for (const { name, configs } of topics) {
    await createTopic(brokers.client, { name, partitions, replicationFactor: 3, configs: { ...configs, ...bounded } })
    await inSync(brokers, name, beginMs)
  }
  const loads = topics.map(({ name }) => new FullLoad({ bootstrap: brokers.bootstrap, topic: name, minutes }))
  for (const load of loads) await load.begins(beginMs)
  const begun = await brokers.metadataEnd()
  const before = await leaderships(brokers)
  await sleep(minutes * 60_000)
  const taken = loads.map(({ records }) => records)
  const after = await leaderships(brokers)
  const events = metadataEvents(await brokers.metadataLines(), begun)
  const checks = new Checks()
  for (const [at, load] of loads.entries()) {
    const { isRunning, errors } = load
    const records = taken[at] ?? 0
    const rate = Math.round(records / (minutes * 60))
    const seen = `${records} records, ${rate} a second; ${errors} errors`
    checks.check(isRunning && records > 0 && errors === 0, `${topics[at]?.name} takes what it is given`, seen)
  }
  const elected = [...after].flatMap(([place, leads]) => {
    const led = before.get(place)
    return led === leads ? [] : [`${place} from ${led} to ${leads}`]
  })
  checks.check(elected.length === 0, 'no leadership began: the metadata log, and every partition', elected.join(', '))
  checks.check(events.leaderChanges === 0, 'no leader was moved', String(events.leaderChanges))
  checks.check(events.shrinks === 0, 'no in-sync set shrank', String(events.shrinks))
  checks.check(events.fences === 0, 'no broker was fenced, and none registered anew', String(events.fences))
  await Promise.all(loads.map((load) => load.end()))
  return checks.exitCode
}

/** Who leads each partition, and in which epoch. */
async function leaderships(brokers: LocalBrokers): Promise<ReadonlyMap<string, string>> {
  const view = await brokers.client.describe(topics.map(({ name }) => name))
  const told = view.topics.flatMap(({ name, partitions: all }) =>
    all.map(
      ({ partition, leader, leaderEpoch }) => [`${name}-${partition}`, `${leader} in epoch ${leaderEpoch}`] as const,
    ),
  )
  const epoch = await brokers.metadataEpoch()
  return new Map([...told, ['the metadata log', `${await brokers.metadataLeader()} in epoch ${epoch}`]])
}

/** A producer and a consumer on one topic, as fast as they go: Kafka's own load tools, until they are ended. */
class FullLoad {
  records = 0
  errors = 0
  readonly #producer: LineProcess
  readonly #consumer: LineProcess

  constructor({ bootstrap, topic, minutes }: { bootstrap: string; topic: string; minutes: number }) {
    const place = ['--bootstrap-server', bootstrap, '--topic', topic]
    const many = String(2 ** 31 - 1)
    const shape = ['--num-records', many, '--record-size', '100', '--throughput', '-1']
    const options = { timeoutMs: minutes * 60_000 + spareMs }
    const produce = ['tool', 'kafka-producer-perf-test', ...place, ...shape, '--command-property', 'acks=all']
    this.#producer = new LineProcess(kafkaScript, produce, options, (line) => this.#take(line))
    const consume = ['tool', 'kafka-consumer-perf-test', ...place, '--num-records', many, '--timeout', '60000']
    this.#consumer = new LineProcess(kafkaScript, consume, options, () => {})
  }

  /** Until records are taken; what was taken by then does not count. */
  async begins(withinMs: number): Promise<void> {
    for (const end = performance.now() + withinMs; this.records === 0; await sleep(lookMs)) {
      if (performance.now() > end) throw new Error(`no record is taken within ${withinMs} ms`)
    }
    this.records = 0
  }

  get isRunning(): boolean {
    return this.#producer.running && this.#consumer.running
  }

  async end(): Promise<void> {
    await Promise.all([this.#producer.end(), this.#consumer.end()])
  }

  #take(line: string): void {
    this.records += Number(/^(\d+) records sent,/.exec(line)?.[1] ?? 0)
    if (/Exception/.test(line)) this.errors++
  }
}
