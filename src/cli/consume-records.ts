import { once } from 'node:events'
import type { ConsumedRecord } from '../client/consumed-record.ts'
import { Consumer } from '../client/consumer.ts'
import type { KafkaClient } from '../client/kafka-client.ts'
import { Cancelled } from '../client/kafka-error.ts'
import { findOffsets, type TopicPartition } from '../client/offsets.ts'
import { withClient } from './client-session.ts'
import { CommandFailed, exitCodes } from './command-failed.ts'
import type { ConsumeOptions } from './consume.ts'
import { jsonRecord, shownBytes } from './record-text.ts'
import { stopSignals } from './stop-signals.ts'
import { topicOf } from './topic-commands.ts'

/** How often a silent topic is asked whether it is time to end. */
const pollMs = 200

/** Prints records until one of the reasons to end; what was printed is committed with a group. */
export async function consume(topic: string, options: ConsumeOptions): Promise<void> {
  refuseContradictions(options)
  const stop = new AbortController()
  void stopSignals().then(() => stop.abort())
  await withClient(options, async (client) => {
    const consumer = new Consumer(client, {
      ...(options.group === undefined ? {} : { groupId: options.group }),
      startAt: options.from === 'earliest' ? 'earliest' : 'latest',
      readCommitted: options.readCommitted ?? false,
    })
    const ends = await begin(client, consumer, topic, options)
    try {
      await printAll(consumer, options, ends, stop.signal)
    } catch (error) {
      if (!(error instanceof Cancelled && stop.signal.aborted)) throw error
    } finally {
      await consumer.close()
    }
  })
}

type End = TopicPartition & { readonly end: number }

/** Starts reading. Gives where to end, if that was asked for. */
async function begin(
  client: KafkaClient,
  consumer: Consumer,
  name: string,
  options: ConsumeOptions,
): Promise<readonly End[] | null> {
  const { topic } = await topicOf(client, name)
  if (options.group !== undefined) {
    consumer.subscribe([name])
    return null
  }
  const all = topic.partitions.map(({ partition }) => ({ topic: name, partition }))
  const wanted = all.filter(({ partition }) => options.partition === undefined || partition === options.partition)
  if (wanted.length === 0)
    throw new CommandFailed(`Topic ${name} has no partition ${options.partition}: it has ${all.length}.`)
  const latest = wanted.map((one) => ({ ...one, at: 'latest' as const }))
  const ends = options.untilEnd
    ? (await findOffsets(client, latest)).map(({ partition, offset }) => ({ topic: name, partition, end: offset }))
    : null
  const from = fromOf(options.from)
  await consumer.assign(wanted.map((one) => ({ ...one, from })))
  return ends
}

function fromOf(text: string): number | 'earliest' | 'latest' | { readonly time: number } {
  if (text === 'earliest' || text === 'latest') return text
  if (/^\d{1,15}$/.test(text)) return Number(text)
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return { time }
  const forms = 'earliest, latest, an offset, or a time as 2026-01-31T12:00:00Z'
  throw new CommandFailed(`--from ${text}: it is ${forms}.`, { exitCode: exitCodes.wrongUsage })
}

function refuseContradictions(options: ConsumeOptions): void {
  const wrong = (message: string) => new CommandFailed(message, { exitCode: exitCodes.wrongUsage })
  if (options.group === undefined) return
  if (options.partition !== undefined)
    throw wrong('--partition and --group: a group gives its members their partitions.')
  if (options.untilEnd) throw wrong('--until-end and --group: use --timeout or --max with a group.')
  if (options.from !== 'earliest' && options.from !== 'latest') {
    throw wrong('--from with a group is earliest or latest: `trilog group reset` moves a group.')
  }
}

async function printAll(
  consumer: Consumer,
  options: ConsumeOptions,
  ends: readonly End[] | null,
  signal: AbortSignal,
): Promise<void> {
  const line = lineMaker(options)
  let left = options.max ?? Number.POSITIVE_INFINITY
  let silentSinceMs = performance.now()
  while (left > 0 && !isAtEnd(consumer, ends)) {
    const silentMs = performance.now() - silentSinceMs
    if (options.timeout !== undefined && silentMs >= options.timeout) return
    const records = await consumer.poll({ timeoutMs: pollMs, signal })
    const end = ends?.find(({ partition }) => partition === records[0]?.partition)?.end ?? Number.POSITIVE_INFINITY
    const shown = records.filter(({ offset }) => offset < end).slice(0, left)
    if (shown.length === 0) continue
    left -= shown.length
    silentSinceMs = performance.now()
    if (!process.stdout.write(shown.map(line).join(''))) await once(process.stdout, 'drain')
    const last = shown.at(-1)
    // What was fetched beyond is not consumed: the group goes on there.
    if (last !== undefined && shown.length < records.length && options.group !== undefined) {
      consumer.seek(last, last.offset + 1)
    }
  }
}

function isAtEnd(consumer: Consumer, ends: readonly End[] | null): boolean {
  return ends?.every(({ topic, partition, end }) => consumer.hasFetched({ topic, partition }, end)) ?? false
}

function lineMaker(options: ConsumeOptions): (record: ConsumedRecord) => string {
  if (options.json) return (record) => `${JSON.stringify(jsonRecord(record))}\n`
  if (options.format === 'full') return fullLine
  const { keySeparator } = options
  const text = (bytes: Buffer | null) => bytes?.toString('utf8') ?? 'null'
  if (keySeparator === undefined) return ({ value }) => `${text(value)}\n`
  return ({ key, value }) => `${text(key)}${keySeparator}${text(value)}\n`
}

function fullLine(record: ConsumedRecord): string {
  const place = `${record.partition}@${record.offset}`
  const time = record.timestamp < 0 ? '(no time)' : new Date(record.timestamp).toISOString()
  const headers = record.headers.map(({ key, value }) => `${key}=${shownBytes(value)}`).join(',')
  return `${place}  ${time}  ${shownBytes(record.key)}  ${shownBytes(record.value)}${headers === '' ? '' : `  [${headers}]`}\n`
}
