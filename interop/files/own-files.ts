import { appendFile, readFile, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { runOrThrow } from '../child.ts'
import type { Step } from '../steps.ts'
import { expectEqual } from '../tools/tool-session.ts'
import { batchesOf, type FilesSession, recordsOf } from './files-session.ts'
import { filesOf } from './kafka-dump.ts'
import { seePlants } from './plants.ts'

const tool = 'both dumps'
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** Everything that makes, changes or cuts the files of a partition, and Kafka's own tool on what it leaves. */
export const ownFileSteps: readonly Step<FilesSession>[] = [
  {
    tool,
    what: 'appends in every codec, through rolls',
    async run(session) {
      const topic = await session.createTopic('codecs')
      const both = codecs.flatMap((codec) => [`plain ${codec} 30 300`, `idempotent ${codec} 30 300`])
      await session.write(topic, ...both)
      const files = await session.whileDown(() => session.dump(topic))
      expectEqual(recordsOf(files).length, 300, 'records')
      const seen = batchesOf(files).map((line) => / compresscodec: (\S+) /.exec(line)?.[1])
      expectEqual([...new Set(seen)], codecs, 'codecs of the batches')
      const segments = files.filter(({ path }) => path.endsWith('.log'))
      expectEqual(segments.length >= 8, true, `at least 8 segments, not ${segments.length}`)
    },
  },
  {
    tool,
    what: 'appends of librdkafka in every codec',
    async run(session) {
      const topic = await session.createTopic('kcat')
      const lines = Array.from({ length: 40 }, (_, i) => `key ${i}:${'value '.repeat(20)}${i}`).join('\n')
      for (const codec of codecs) {
        const args = ['-P', '-b', session.tools.target.bootstrap, '-t', topic, '-K:', '-z', codec, '-H', 'a=b']
        await runOrThrow('kcat', args, { timeoutMs: 20_000, input: `${lines}\n` })
      }
      expectEqual(recordsOf(await session.whileDown(() => session.dump(topic))).length, 200, 'records')
    },
  },
  {
    tool,
    what: 'batches that the broker has compressed anew and stamped',
    async run(session) {
      const topic = await session.createTopic('anew', 'compression.type=zstd', 'message.timestamp.type=LogAppendTime')
      await session.write(topic, 'idempotent none 60 300', 'plain gzip 60 300', 'plain zstd 60 300')
      const files = await session.whileDown(() => session.dump(topic))
      const kinds = batchesOf(files).map((line) => / (\w+): \d+ size: .* compresscodec: (\S+) /.exec(line)?.slice(1))
      expectEqual([...new Set(kinds.map(String))], ['LogAppendTime,zstd'], 'timestamps and codecs of the batches')
      expectEqual(recordsOf(files).length, 180, 'records')
    },
  },
  {
    tool,
    what: 'what kill -9 leaves, and what recovery makes of it',
    async run(session) {
      const topic = await session.createTopic('killed')
      await session.write(topic, 'idempotent lz4 100 300', 'plain none 100 300')
      await session.control.kill()
      const left = await session.dump(topic).finally(() => session.control.restart())
      expectEqual(recordsOf(left).length, 200, 'records after the kill')
      const recovered = await session.whileDown(() => session.dump(topic))
      expectEqual(batchesOf(recovered), batchesOf(left), 'batches after recovery')
      await session.write(topic, 'idempotent zstd 50 300')
      expectEqual(recordsOf(await session.whileDown(() => session.dump(topic))).length, 250, 'records in the end')
    },
  },
  {
    tool,
    what: 'what recovery makes of a kill -9 in the midst of appends',
    async run(session) {
      const topic = await session.createTopic('busy')
      // The command that kills takes longer to start than the writes take.
      const pids = await session.control.pids()
      const writing = session.write(topic, 'idempotent lz4 3000 300')
      // Awaited below, and a failure before must not end the runner.
      writing.catch(() => {})
      await segments(session, topic, 6)
      for (const pid of pids) process.kill(pid, 'SIGKILL')
      await session.control.kill()
      await session.control.restart()
      const recovered = recordsOf(await session.whileDown(() => session.dump(topic))).length
      expectEqual(recovered < 3000, true, 'the kill came before the last append')
      await writing
      expectEqual(recordsOf(await session.whileDown(() => session.dump(topic))).length, 3000, 'records in the end')
    },
  },
  {
    tool,
    what: 'a torn tail that recovery has cut',
    async run(session) {
      const topic = await session.createTopic('torn')
      await session.write(topic, 'plain snappy 100 300')
      await session.control.kill()
      const newest = filesOf(session.folderOf(topic)).findLast((file) => file.endsWith('.log')) ?? ''
      const { size } = await stat(newest)
      await appendFile(newest, tornBatch(await readFile(newest), 100))
      await session.control.restart()
      const files = await session.whileDown(() => session.dump(topic))
      expectEqual((await stat(newest)).size, size, 'bytes of the newest segment')
      expectEqual(recordsOf(files).length, 100, 'records after the cut')
      await session.write(topic, 'idempotent gzip 50 300')
      expectEqual(recordsOf(await session.whileDown(() => session.dump(topic))).length, 150, 'records in the end')
    },
  },
  {
    tool,
    what: 'records deleted from the beginning',
    async run(session) {
      const topic = await session.createTopic('deleted')
      await session.write(topic, 'plain none 200 300')
      await session.deleteBefore(topic, 101)
      await session.write(topic, 'idempotent zstd 50 300')
      const files = await session.whileDown(() => session.dump(topic))
      const [first] = recordsOf(files)
      const from = Number(/offset: (\d+)/.exec(first ?? '')?.[1])
      expectEqual(from > 0 && from <= 101, true, `files begin at ${from}, with all from 101 on`)
      expectEqual(recordsOf(files).length, 250 - from, 'records kept')
    },
  },
  {
    tool,
    what: 'a transaction committed and one aborted',
    skipReason: () => 'not yet run: transactions are not served yet',
    async run() {},
  },
  {
    tool,
    what: 'compaction',
    skipReason: () => 'not yet run: logs are not compacted yet',
    async run() {},
  },
  {
    tool,
    what: 'complain about every change that is planted in a copy',
    async run(session) {
      const topic = await session.createTopic('planted')
      await session.write(topic, 'idempotent none 60 300', 'plain gzip 60 300')
      await session.whileDown(async () => {
        await session.dump(topic)
        await seePlants(session.folderOf(topic))
      })
    },
  },
]

async function segments(session: FilesSession, topic: string, count: number): Promise<void> {
  const end = performance.now() + 20_000
  while (filesOf(session.folderOf(topic)).filter((file) => file.endsWith('.log')).length < count) {
    if (performance.now() > end) throw new Error(`${topic} has not come to ${count} segments`)
    await sleep(5)
  }
}

/** The beginning of the segment's first batch, as if it were just being written at `offset`. */
function tornBatch(segment: Buffer, offset: number): Buffer {
  const torn = Buffer.from(segment.subarray(0, 100))
  torn.writeBigInt64BE(BigInt(offset), 0)
  return torn
}
