import { lastLines, type Outcome, run, runOrThrow } from '../interop/child.ts'
import { kafkaScript } from '../interop/targets/kafka.ts'
import type { Target } from '../interop/targets/target.ts'
import { processCost } from './process-cost.ts'

/** A bounded load that one of Kafka's own tools puts on a broker. */
export interface Load {
  readonly name: string
  /** `consume` reads the topic that the load before it has written. */
  readonly kind: 'produce' | 'consume'
  readonly records: number
  readonly recordBytes: number
  readonly properties: readonly string[]
}

export interface Measured {
  recordsPerSecond: number
  /** User and system time of the broker; null without /proc. */
  cpuSecondsPerMillion: number | null
  residentMiB: number | null
  /** The load was cut off at its bound: the rate is that of what it managed. */
  cutOff: boolean
}

const loadMs = 30_000
const bigBatches = ['batch.size=131072', 'linger.ms=5']

export function loadsOf(scale: number): Load[] {
  const load = (name: string, records: number, recordBytes: number, properties: string[] = []): Load => {
    return {
      name,
      kind: 'produce',
      records: Math.round(records * scale),
      recordBytes,
      properties: ['acks=all', ...properties],
    }
  }
  const last = load('produce 1 KiB, 128 KiB batches', 600_000, 1024, bigBatches)
  return [
    load('produce 100 B, default batches', 1_800_000, 100),
    load('produce 100 B, 128 KiB batches', 3_000_000, 100, bigBatches),
    load('produce 1 KiB, default batches', 450_000, 1024),
    last,
    { ...last, name: 'catch-up read, 1 KiB', kind: 'consume' },
  ]
}

/** How a topic of a load is made. */
export interface TopicShape {
  readonly partitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

export function makeTopic(target: Loaded, topic: string, shape: TopicShape): Promise<string> {
  const { partitions, replicationFactor } = shape
  const configs = Object.entries(shape.configs).flatMap(([name, value]) => ['--config', `${name}=${value}`])
  const place = ['--partitions', String(partitions), '--replication-factor', String(replicationFactor)]
  return topicTool(target, ['--create', '--topic', topic, ...place, ...configs])
}

export function dropTopic(target: Loaded, topic: string): Promise<string> {
  return topicTool(target, ['--delete', '--topic', topic])
}

/** What a load is put on. */
export interface Loaded {
  readonly name: string
  readonly bootstrap: string
  /** The processes that are measured, in sum. */
  pids(): Promise<number[]>
}

export function loadedTarget({ name, bootstrap, control }: Target): Loaded {
  return { name, bootstrap, pids: async () => (await control?.pids()) ?? [] }
}

/** Runs the load once and measures the brokers over it. */
export async function measure(load: Load, target: Loaded, topic: string): Promise<Measured> {
  const pids = await target.pids()
  const before = processCost(pids)
  const outcome = await run(kafkaScript, ['tool', ...argsOf(load, target, topic)], { timeoutMs: loadMs })
  const after = processCost(pids)
  const seen = load.kind === 'produce' ? producedOf(outcome, load) : consumedOf(outcome)
  if (seen === null) throw new Error(`${target.name}, ${load.name}: ${lastLines(outcome.stderr || outcome.stdout)}`)
  const cpuSeconds = before === null || after === null ? null : after.cpuSeconds - before.cpuSeconds
  return {
    recordsPerSecond: seen.recordsPerSecond,
    cutOff: outcome.timedOut,
    cpuSecondsPerMillion: cpuSeconds === null ? null : (cpuSeconds * 1e6) / seen.records,
    residentMiB: after === null ? null : after.residentMiB,
  }
}

function argsOf(load: Load, target: Loaded, topic: string): string[] {
  const place = ['--bootstrap-server', target.bootstrap, '--topic', topic, '--num-records', String(load.records)]
  if (load.kind === 'consume') return ['kafka-consumer-perf-test', ...place, '--timeout', '20000', '--hide-header']
  const warmUp = ['--warmup-records', String(Math.floor(load.records / 5))]
  const shape = [
    '--record-size',
    String(load.recordBytes),
    '--throughput',
    '-1',
    '--command-property',
    ...load.properties,
  ]
  return ['kafka-producer-perf-test', ...place, ...warmUp, ...shape]
}

interface Seen {
  records: number
  recordsPerSecond: number
}

/** The tool's steady state, after its first fifth; a load that was cut off counts what its interval lines tell. */
function producedOf(outcome: Outcome, load: Load): Seen | null {
  const steady = outcome.stdout.split('\n').findLast((line) => line.includes('steady state records sent'))
  if (steady !== undefined && outcome.code === 0) {
    const rate = Number(steady.match(/([\d.]+) records\/sec/)?.[1])
    return { records: load.records, recordsPerSecond: rate }
  }
  const sent = [...outcome.stdout.matchAll(/^(\d+) records sent,/gm)].reduce((sum, match) => sum + Number(match[1]), 0)
  return outcome.timedOut && sent > 0 ? { records: sent, recordsPerSecond: sent / (loadMs / 1000) } : null
}

/** Columns of the tool: start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s. */
function consumedOf(outcome: Outcome): Seen | null {
  const row = outcome.stdout.split('\n').findLast((line) => /^\d{4}-/.test(line))
  const fields = row?.split(',').map((field) => field.trim()) ?? []
  if (fields.length < 10) return null
  return { records: Number(fields[4]), recordsPerSecond: Number(fields[9]) }
}

function topicTool(target: Loaded, args: readonly string[]): Promise<string> {
  const env = { KAFKA_TOOL_JVM: '-XX:TieredStopAtLevel=1' }
  const all = ['tool', 'kafka-topics', '--bootstrap-server', target.bootstrap, ...args]
  return runOrThrow(kafkaScript, all, { timeoutMs: loadMs, env })
}
