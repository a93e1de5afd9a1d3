import { expect, expectEqual, type ToolSession, type ToolStep } from './tool-session.ts'

const topicOf = ({ id }: ToolSession): string => `topics-${id}`
const tool = 'kafka-topics'

export const topicSteps: readonly ToolStep[] = [
  {
    tool,
    what: 'create, with a config',
    async run(session) {
      const args = ['--create', '--topic', topicOf(session), '--partitions', '3', '--replication-factor', '1']
      expect(await session.ok(tool, [...args, '--config', 'retention.ms=1000000']), /Created topic/)
      expect(await session.refused(tool, args), /TopicExistsException|already exists/)
    },
  },
  {
    tool,
    what: 'create refuses what cannot be',
    async run(session) {
      const few = ['--create', '--topic', `${topicOf(session)}-x`, '--partitions', '1', '--replication-factor', '5']
      expect(await session.refused(tool, few), /InvalidReplicationFactorException/)
      expect(await session.refused(tool, ['--create', '--topic', 'a b']), /InvalidTopicException/)
      const wrong = ['--create', '--topic', `${topicOf(session)}-x`, '--config', 'retention.ms=never']
      expect(await session.refused(tool, wrong), /InvalidConfigurationException|ConfigException/)
    },
  },
  {
    tool,
    what: 'list',
    async run(session) {
      expect(await session.ok(tool, ['--list']), new RegExp(`^${topicOf(session)}$`, 'm'))
    },
  },
  {
    tool,
    what: 'describe',
    async run(session) {
      const text = await session.ok(tool, ['--describe', '--topic', topicOf(session)])
      expect(text, /TopicId: [\w-]{22}\s/, /PartitionCount: 3\s/, /ReplicationFactor: 1\s/, /retention\.ms=1000000/)
      const partitions = [...text.matchAll(/Partition: (\d+)\s+Leader: (\d+)\s+Replicas: (\d+)\s+Isr: (\d+)/g)]
      expectEqual(
        partitions.map((match) => match.slice(1, 5).join()).sort(),
        ['0,1,1,1', '1,1,1,1', '2,1,1,1'],
        'partitions',
      )
    },
  },
  {
    tool,
    what: 'alter partitions',
    async run(session) {
      const topic = topicOf(session)
      await session.ok(tool, ['--alter', '--topic', topic, '--partitions', '5'])
      expect(await session.ok(tool, ['--describe', '--topic', topic]), /PartitionCount: 5\s/)
      expect(
        await session.refused(tool, ['--alter', '--topic', topic, '--partitions', '2']),
        /InvalidPartitionsException/,
      )
    },
  },
  {
    tool,
    what: 'delete',
    async run(session) {
      const topic = topicOf(session)
      await session.ok(tool, ['--delete', '--topic', topic])
      const left = await session.ok(tool, ['--list'])
      expectEqual(left.split('\n').includes(topic), false, 'the deleted topic is listed')
      expect(await session.refused(tool, ['--describe', '--topic', topic]), /does not exist/)
    },
  },
]
