import { createTopic } from '../../src/client/topics.ts'
import { run } from '../../interop/child.ts'
import { inSync } from '../../interop/failover/in-sync.ts'
import { LocalBrokers } from '../../interop/failover/local-brokers.ts'
import { metadataEvents } from '../../interop/failover/metadata-events.ts'
import { installKafka, kafkaScript } from '../../interop/targets/kafka.ts'
import { machine } from '../machine.ts'
import { type Figure, figureTable } from '../scale/figure.ts'

export interface SteadyRateOptions {
  seconds: number
  rate: number
}

const topic = 'steady'
const partitions = 6
const beginMs = 60_000
const spareMs = 60_000
/** The first records find a cold client and cold brokers. */
const warmRate = 20_000

/** Prints whether three brokers hold a rate of records of 100 bytes with acks=all, and how many in-sync sets shrank meanwhile. */
export async function runSteadyRate({ seconds, rate }: SteadyRateOptions): Promise<void> {
  const missing = await installKafka()
  if (missing !== null) throw new Error(`the load tools are Apache Kafka's: ${missing}`)
  const brokers = await LocalBrokers.start({ brokers: 3, controllers: 0, settings: {} })
  const configs = { 'min.insync.replicas': '2' }
  await createTopic(brokers.client, { name: topic, partitions, replicationFactor: 3, configs })
  await inSync(brokers, topic, beginMs)
  await load(brokers, { records: warmRate * 5, rate: warmRate })
  const begun = await brokers.metadataEnd()
  const told = await load(brokers, { records: seconds * rate, rate })
  const { shrinks, leaderChanges, fences } = metadataEvents(await brokers.metadataLines(), begun)
  const figures: Figure[] = [
    { what: 'seconds for each second of the rate', value: rate / told.rate, unit: '', digits: 3, atMost: 1.01 },
    { what: 'records a second', value: told.rate, unit: '' },
    { what: 'latency, average', value: told.averageMs, unit: 'ms', digits: 1 },
    { what: 'latency, 99th percentile', value: told.p99Ms, unit: 'ms' },
    { what: 'in-sync sets that shrank', value: shrinks, unit: '', atMost: 0 },
    { what: 'leaders that changed', value: leaderChanges, unit: '', atMost: 0 },
    { what: 'brokers that were fenced', value: fences, unit: '', atMost: 0 },
  ]
  process.stdout.write(`${machine()}\n${seconds} s of ${rate} records a second\n${figureTable(figures)}\n`)
}

async function load(
  brokers: LocalBrokers,
  { records, rate }: { records: number; rate: number },
): Promise<{ rate: number; averageMs: number; p99Ms: number }> {
  const place = ['--bootstrap-server', brokers.bootstrap, '--topic', topic, '--num-records', String(records)]
  const shape = ['--record-size', '100', '--throughput', String(rate)]
  const properties = ['--command-property', 'acks=all', 'batch.size=131072', 'linger.ms=5']
  const args = ['tool', 'kafka-producer-perf-test', ...place, ...shape, ...properties]
  const { stdout, stderr } = await run(kafkaScript, args, { timeoutMs: (records / rate) * 3_000 + spareMs })
  const last = stdout.split('\n').findLast((line) => line.includes('99th')) ?? ''
  const [, perSecond, averageMs] = /([\d.]+) records\/sec.*?([\d.]+) ms avg latency/.exec(last) ?? []
  const p99Ms = /(\d+) ms 99th/.exec(last)?.[1]
  if (perSecond === undefined) throw new Error(`the load did not come to its end: ${(stderr || stdout).slice(-300)}`)
  return { rate: Number(perSecond), averageMs: Number(averageMs), p99Ms: Number(p99Ms) }
}
