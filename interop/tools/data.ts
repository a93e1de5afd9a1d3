import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, expectEqual, type ToolSession, type ToolStep } from './tool-session.ts'

const lines = 'trace:t1,origin:a\tk1\thello\ntrace:t2,origin:b\tk2\tgrüße\n'
const perfRecords = 20_000

export const consoleTopicOf = ({ id }: ToolSession): string => `console-${id}`
const perfTopicOf = ({ id }: ToolSession): string => `perf-${id}`

export const dataSteps: readonly ToolStep[] = [
  {
    tool: 'kafka-console-producer',
    what: 'with keys and headers',
    async run(session) {
      const topic = consoleTopicOf(session)
      await session.ok('kafka-topics', ['--create', '--topic', topic, '--partitions', '1'])
      const reader = ['--reader-property', 'parse.key=true', '--reader-property', 'parse.headers=true']
      await session.ok('kafka-console-producer', ['--topic', topic, ...reader], lines)
      expectEqual(await offsets(session, topic, 'latest'), [2], 'end of the topic')
    },
  },
  {
    tool: 'kafka-console-consumer',
    what: 'with keys and headers, in a group that commits',
    async run(session) {
      const printed = ['key', 'headers', 'offset'].flatMap((name) => ['--formatter-property', `print.${name}=true`])
      const bounds = [
        '--from-beginning',
        '--max-messages',
        '2',
        '--timeout-ms',
        '20000',
        '--group',
        `console-${session.id}`,
      ]
      const text = await session.ok('kafka-console-consumer', [
        '--topic',
        consoleTopicOf(session),
        ...bounds,
        ...printed,
      ])
      expect(text, /^Offset:0\ttrace:t1,origin:a\tk1\thello$/m, /^Offset:1\ttrace:t2,origin:b\tk2\tgrüße$/m)
    },
  },
  {
    tool: 'kafka-console-consumer',
    what: '__consumer_offsets with its formatter',
    async run(session) {
      const formatter = ['--formatter', 'org.apache.kafka.tools.consumer.OffsetsMessageFormatter']
      const args = ['--topic', '__consumer_offsets', '--from-beginning', '--timeout-ms', '4000', ...formatter]
      const text = await session.ok('kafka-console-consumer', args)
      const entries = text.split('\n').filter((line) => line.startsWith('{'))
      const own = entries
        .map((line) => JSON.parse(line))
        .filter((entry) => entry.key.data.group === `console-${session.id}`)
      const newest = own.at(-1)
      expectEqual(newest?.key.data.topic, consoleTopicOf(session), 'topic of the newest commit')
      expectEqual(newest?.value.data.offset, 2, 'offset of the newest commit')
    },
  },
  {
    tool: 'kafka-producer-perf-test',
    what: `${perfRecords} records, acks=all`,
    async run(session) {
      const topic = perfTopicOf(session)
      await session.ok('kafka-topics', ['--create', '--topic', topic, '--partitions', '3'])
      const load = ['--num-records', String(perfRecords), '--record-size', '100', '--throughput', '-1']
      const text = await session.ok('kafka-producer-perf-test', [
        '--topic',
        topic,
        ...load,
        '--command-property',
        'acks=all',
      ])
      expect(text, new RegExp(`^${perfRecords} records sent, [\\d.]+ records/sec .* ms 99\\.9th`, 'm'))
    },
  },
  {
    tool: 'kafka-consumer-perf-test',
    what: 'reads them all',
    async run(session) {
      const args = ['--topic', perfTopicOf(session), '--num-records', String(perfRecords), '--timeout', '20000']
      const text = await session.ok('kafka-consumer-perf-test', [
        ...args,
        '--hide-header',
        '--group',
        `perf-${session.id}`,
      ])
      const read = Number(text.trim().split('\n').at(-1)?.split(',')[4])
      expectEqual(read, perfRecords, 'records read')
    },
  },
  {
    tool: 'kafka-get-offsets',
    what: 'latest, earliest, max-timestamp, by time',
    async run(session) {
      const topic = perfTopicOf(session)
      const latest = await offsets(session, topic, 'latest')
      expectEqual(sum(latest), perfRecords, 'sum of the latest offsets')
      expectEqual(await offsets(session, topic, 'earliest'), [0, 0, 0], 'earliest offsets')
      expectEqual(await offsets(session, topic, '0'), [0, 0, 0], 'offsets at time 0')
      const newest = await offsets(session, topic, 'max-timestamp')
      newest.forEach((offset, i) =>
        expectEqual(offset >= 0 && offset < (latest[i] ?? 0), true, `max-timestamp ${offset}`),
      )
      expectEqual(await offsets(session, topic, String(Date.now() + 60_000)), [], 'offsets at a time to come')
    },
  },
  {
    tool: 'kafka-delete-records',
    what: 'moves the log start, not beyond the end',
    async run(session) {
      const topic = perfTopicOf(session)
      expect(await deleteTo(session, topic, 100), /partition: \S+-0\s+low_watermark: 100/)
      expectEqual(await offsets(session, topic, 'earliest'), [100, 0, 0], 'earliest offsets')
      expect(await deleteTo(session, topic, 10_000_000), /OffsetOutOfRangeException|out of range/i)
    },
  },
  {
    tool: 'kafka-dump-log',
    what: 'reads the files of a partition and checks every batch',
    skipReason: ({ target }) => (target.control?.dataFolder ? null : 'the folder of the broker is not known'),
    async run(session) {
      const folder = session.target.control?.dataFolder ?? ''
      const file = join(folder, `${perfTopicOf(session)}-1`, '00000000000000000000.log')
      const text = await session.ok('kafka-dump-log', ['--deep-iteration', '--files', file])
      const [, end] = await offsets(session, perfTopicOf(session), 'latest')
      expect(text, /^Log starting offset: 0$/m, /^baseOffset: 0 .* isvalid: true$/m)
      expectEqual(text.includes('isvalid: false'), false, 'a batch with a wrong checksum')
      expectEqual(text.match(/^\| offset: /gm)?.length, end, 'records in the file')
    },
  },
]

/** The offsets that kafka-get-offsets prints, by partition. */
async function offsets(session: ToolSession, topic: string, time: string): Promise<number[]> {
  const text = await session.ok('kafka-get-offsets', ['--topic', topic, '--time', time])
  const rows = text.split('\n').map((line) => line.split(':'))
  return rows.filter(([name]) => name === topic).map((row) => Number(row[2]))
}

async function deleteTo(session: ToolSession, topic: string, offset: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'delete-records-'))
  try {
    const file = join(folder, 'offsets.json')
    await writeFile(file, JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset }] }))
    return await session.ok('kafka-delete-records', ['--offset-json-file', file])
  } finally {
    await rm(folder, { recursive: true })
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
