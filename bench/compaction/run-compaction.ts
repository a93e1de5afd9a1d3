import { setTimeout as elapsed } from 'node:timers/promises'
import { plainTable } from '../../interop/table.ts'
import { machine } from '../machine.ts'
import { openConnection } from '../scale/idle-connections.ts'
import { ScaleBroker } from '../scale/scale-broker.ts'
import { brokerResource, KeyedTopic, topicResource, type Written } from './keyed-topic.ts'

export interface CompactionOptions {
  megabytes: number
  keys: number
  valueBytes: number
  writesPerSecond: number
  recordsPerWrite: number
  quietSeconds: number
}

const lookMs = 250
/** What takes longer is told as an error. */
const compactionMs = 600_000
/** `trilog up` with a Kafka port gives its broker an HTTP port so much above. */
const httpPortAbove = 1_000

interface Seen extends Written {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly residentMiB: number
}

/**
 * Prints what appends to a partition wait for, and cost the broker, while nothing else is done and while all that lies in the same partition is
 * compacted, and how much memory that takes.
 */
export async function runCompaction(options: CompactionOptions): Promise<void> {
  const { megabytes, keys, valueBytes, quietSeconds } = options
  const broker = await ScaleBroker.start()
  const connection = await openConnection(broker)
  const topic = new KeyedTopic(connection, { name: 'keyed', keys, valueBytes })
  await topic.make()
  // In force before the compaction is asked for, whatever the time of the look that is set already.
  await topic.set(brokerResource, 'log.cleaner.backoff.ms', '100')
  const filled = await topic.fill(megabytes)
  await compactionsOf(broker)
  const quiet = await watch(broker, topic, { ...options, over: elapsed(Math.max(quietSeconds, 16) * 1000) })
  const before = await compactionsOf(broker)
  await topic.set(topicResource, 'cleanup.policy', 'compact')
  const busy = await watch(broker, topic, { ...options, over: compacted(broker, before) })
  connection.close()
  await broker.end()
  const table = plainTable([
    'appends',
    's',
    'p50, ms',
    'p99, ms',
    'longest, ms',
    'CPU per record, µs',
    'CPU, s',
    'RSS, MiB',
  ])
  table.push(rowOf('nothing else', quiet), rowOf('during the compaction', busy))
  const what = `${filled} records of ${keys} keys and ${valueBytes} bytes, ${megabytes} MiB, are compacted`
  const beat = `${options.writesPerSecond} appends a second of ${options.recordsPerWrite} records`
  process.stdout.write(`${machine()}\n${what}; ${beat}\n${table}\n`)
}

function rowOf(what: string, { seconds, latencies, records, cpuSeconds, residentMiB }: Seen): string[] {
  const sorted = [...latencies].sort((one, other) => one - other)
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1)
  const perRecord = ((cpuSeconds * 1e6) / records).toFixed(1)
  return [what, seconds.toFixed(1), at(0.5), at(0.99), at(1), perRecord, cpuSeconds.toFixed(1), residentMiB.toFixed(0)]
}

/** Writes until that is over. The resident memory is the most that was seen. */
async function watch(
  broker: ScaleBroker,
  topic: KeyedTopic,
  { over, ...beat }: CompactionOptions & { over: Promise<void> },
): Promise<Seen> {
  let residentMiB = 0
  let isOver = false
  const before = await broker.cost()
  const begunMs = performance.now()
  const looking = (async () => {
    for (; !isOver; await elapsed(lookMs)) residentMiB = Math.max(residentMiB, (await broker.cost()).residentMiB)
  })()
  const written = await topic.writeSteadily(beat, over)
  const seconds = (performance.now() - begunMs) / 1000
  const { cpuSeconds } = await broker.cost()
  isOver = true
  await looking
  return { ...written, seconds, cpuSeconds: cpuSeconds - before.cpuSeconds, residentMiB }
}

/** Resolves once one more compaction has come to its end. */
async function compacted(broker: ScaleBroker, before: number): Promise<void> {
  const limitMs = performance.now() + compactionMs
  while ((await compactionsOf(broker)) === before) {
    if (performance.now() > limitMs) throw new Error(`nothing was compacted within ${compactionMs / 1000} s`)
    await elapsed(lookMs)
  }
}

async function compactionsOf({ address }: ScaleBroker): Promise<number> {
  const answer = await fetch(`http://${address.host}:${address.port + httpPortAbove}/metrics`)
  const found = /^trilog_compactions_total (\d+)/m.exec(await answer.text())
  if (found === null) throw new Error('the broker does not tell how often it has compacted')
  return Number(found[1])
}
