import type { Step } from '../steps.ts'
import { expect, expectEqual } from '../tools/tool-session.ts'
import { isCompacted, type MoveSession } from './move-session.ts'

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const group = 'readers'
const consumed = 100
/** Some years ago, so that no broker's clock comes near. */
const longAgo = 1_700_000_000_000

/** Real Kafka's files under Trilog, and what Trilog has made of them under real Kafka again. */
export const movedFileSteps: readonly Step<MoveSession>[] = [
  {
    tool: 'real Kafka',
    what: 'writes segments in every codec, with transactions, over a restart',
    async run(session) {
      const { kafka, topics } = session
      topics.push(await kafka.createTopic('moved', 'retention.ms=-1'))
      topics.push(await kafka.createTopic('stamped', 'message.timestamp.type=LogAppendTime'))
      topics.push(await kafka.createTopic('cut', 'retention.ms=-1'))
      topics.push(await kafka.createTopic('packed', 'cleanup.policy=compact', 'min.cleanable.dirty.ratio=0.01'))
      const [moved = '', stamped = '', cut = '', packed = ''] = topics
      await kafka.write(moved, ...writesFrom(longAgo))
      await kafka.control.halt()
      await kafka.control.restart()
      await kafka.write(moved, ...writesFrom(longAgo + 1_000_000))
      await kafka.write(stamped, 'plain zstd 60 300', 'idempotent none 60 300', 'commit gzip 10 100')
      const later = longAgo + 10_000
      const rising = [
        `idempotent none 100 300 ${longAgo}`,
        `abort lz4 10 100 ${later}`,
        `plain snappy 100 300 ${later + 1000}`,
      ]
      await kafka.write(cut, ...rising)
      await kafka.deleteBefore(cut, 105)
      await session.segmentsGone(kafka, cut, 105)
      await kafka.write(packed, ...codecs.map((codec) => `idempotent ${codec} 60 300 keyed`), 'abort gzip 60 100 keyed')
      await kafka.compacted(packed)
      // Once is enough: what is compacted between two readings is not the same in both.
      const ofTopic = ['--entity-type', 'topics', '--entity-name', packed]
      const never = ['--alter', '--add-config', 'min.cleanable.dirty.ratio=1']
      await kafka.tools.ok('kafka-configs', [...ofTopic, ...never])
      await session.consume(kafka, group, moved, consumed)
      session.committedInKafka = Number(await session.committed(kafka, group, moved))
      expectEqual((await session.note(kafka)) > 1000, true, 'more than 1000 answers of Kafka')
    },
  },
  {
    tool: 'both dumps',
    what: 'tell the same facts of what Kafka has written',
    async run({ kafka, topics }) {
      await kafka.control.halt()
      for (const topic of topics) await kafka.dump(topic, gapsOf(topic))
    },
  },
  {
    tool: 'trilog log import',
    what: 'takes over every topic and the committed offsets',
    async run(session) {
      const { trilog, topics } = session
      await trilog.control.halt()
      const { code, stdout, stderr } = await session.importTopics('--json')
      expectEqual(code, 0, `exit code, ${stderr}`)
      const report = JSON.parse(stdout) as { topics: { name: string; leftOut: object[]; areConfigsKnown: boolean }[] }
      const names = report.topics.map(({ name }) => name)
      expectEqual(names, ['__consumer_offsets', ...[...topics].sort()], 'topics')
      const unknown = report.topics.filter(({ areConfigsKnown }) => !areConfigsKnown)
      expectEqual(unknown, [], 'topics without their settings')
      await trilog.control.restart()
    },
  },
  {
    tool: 'raw requests',
    what: 'are answered as Kafka has answered them: fetches, aborted transactions, offsets by time',
    run: (session) => session.seeSame(session.trilog),
  },
  {
    tool: "Kafka's tools",
    what: 'see the ids, the settings and the committed offsets that Kafka had',
    async run(session) {
      const { trilog, topics } = session
      const [moved = ''] = topics
      const kafkas = session.committedInKafka
      expectEqual(await session.committed(trilog, group, moved), String(kafkas), 'the committed offset')
      const described = await trilog.tools.ok('kafka-topics', ['--describe', '--topic', moved])
      expect(described, /TopicId: [\w-]{22}\s/, /retention\.ms=-1/, /index\.interval\.bytes=1000/)
      await session.consume(trilog, group, moved, 10)
      const next = Number(await session.committed(trilog, group, moved))
      expectEqual(
        next >= kafkas + 10 && next < kafkas + 20,
        true,
        `the offset committed next: ${next}, after ${kafkas}`,
      )
    },
  },
  {
    tool: 'both dumps',
    what: 'tell the same facts of what Trilog has appended to it',
    async run(session) {
      const { trilog, topics } = session
      for (const topic of topics) await trilog.write(topic, 'idempotent lz4 60 300 keyed', 'plain none 60 300 keyed')
      await session.seeLonger(trilog)
      // From the disk, where an answer ends with its segment, as Kafka's do; from memory it may reach further.
      await trilog.control.halt()
      await trilog.control.restart()
      await session.note(trilog)
      await trilog.control.halt()
      for (const topic of topics) await trilog.dump(topic, gapsOf(topic))
    },
  },
  {
    tool: 'real Kafka',
    what: 'opens what Trilog has appended, answers the same, and goes on',
    async run(session) {
      const { kafka, topics } = session
      await session.moveBack()
      await kafka.control.restart()
      await session.seeSame(kafka)
      for (const topic of topics) await kafka.write(topic, 'idempotent zstd 30 300 keyed', 'commit none 10 100 keyed')
      await session.seeLonger(kafka)
      await kafka.control.halt()
      for (const topic of topics) await kafka.dump(topic, gapsOf(topic))
    },
  },
]

const gapsOf = (topic: string) => ({ hasGaps: isCompacted(topic), hasEmptyBatches: isCompacted(topic) })

function writesFrom(begin: number): string[] {
  return codecs.flatMap((codec, i) => {
    const from = begin + i * 10_000
    const produced = [`plain ${codec} 30 300 ${from}`, `idempotent ${codec} 30 300 ${from + 1000}`]
    return [...produced, `commit ${codec} 10 100 ${from + 2000}`, `abort ${codec} 10 100 ${from + 3000}`]
  })
}
