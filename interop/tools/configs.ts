import { expect, expectEqual, type ToolSession, type ToolStep } from './tool-session.ts'

const tool = 'kafka-configs'
const topicOf = ({ id }: ToolSession): string => `configs-${id}`
const ofTopic = (session: ToolSession): string[] => ['--entity-type', 'topics', '--entity-name', topicOf(session)]
const ofBroker = ['--entity-type', 'brokers', '--entity-name', '1']
const ofAllBrokers = ['--entity-type', 'brokers', '--entity-default']

export const configSteps: readonly ToolStep[] = [
  {
    tool,
    what: 'describe --all of a topic, with synonyms',
    async run(session) {
      await session.ok('kafka-topics', ['--create', '--topic', topicOf(session), '--partitions', '1'])
      const text = await session.ok(tool, [...ofTopic(session), '--describe', '--all'])
      expect(
        text,
        /^ {2}cleanup\.policy=delete sensitive=false synonyms=\{DEFAULT_CONFIG:log\.cleanup\.policy=delete\}$/m,
        /^ {2}max\.message\.bytes=1048588 .*DEFAULT_CONFIG:message\.max\.bytes=1048588/m,
        /^ {2}segment\.bytes=1073741824 /m,
        /^ {2}flush\.messages=9223372036854775807 /m,
        /^ {2}message\.timestamp\.type=CreateTime /m,
        /^ {2}retention\.ms=604800000 /m,
        /^ {2}min\.insync\.replicas=1 /m,
      )
    },
  },
  {
    tool,
    what: 'add and delete configs of a topic',
    async run(session) {
      const entity = ofTopic(session)
      const added = ['--alter', '--add-config', 'retention.ms=2000000,max.message.bytes=500000']
      expect(await session.ok(tool, [...entity, ...added]), /Completed updating config for topic/)
      const text = await session.ok(tool, [...entity, '--describe'])
      expect(text, /retention\.ms=2000000 .*DYNAMIC_TOPIC_CONFIG:retention\.ms=2000000/, /max\.message\.bytes=500000 /)
      await session.ok(tool, [...entity, '--alter', '--delete-config', 'max.message.bytes'])
      const left = await session.ok(tool, [...entity, '--describe'])
      expect(left, /retention\.ms=2000000 /)
      expectEqual(left.includes('max.message.bytes'), false, 'the deleted config is described')
    },
  },
  {
    tool,
    what: 'values that cannot be are refused',
    async run(session) {
      const entity = ofTopic(session)
      const wrong = await session.refused(tool, [...entity, '--alter', '--add-config', 'retention.ms=abc'])
      expect(wrong, /InvalidConfigurationException|InvalidRequestException/)
      const unknown = await session.refused(tool, [...entity, '--alter', '--add-config', 'no.such.config=1'])
      expect(unknown, /InvalidConfigurationException|InvalidRequestException/)
    },
  },
  {
    tool,
    what: 'describe --all of a broker',
    async run(session) {
      const text = await session.ok(tool, [...ofBroker, '--describe', '--all'])
      expect(
        text,
        /^ {2}auto\.create\.topics\.enable=true /m,
        /^ {2}num\.partitions=1 /m,
        /^ {2}node\.id=1 .*STATIC_BROKER_CONFIG:node\.id=1/m,
        /^ {2}log\.segment\.bytes=1073741824 /m,
        /^ {2}message\.max\.bytes=1048588 .*DEFAULT_CONFIG:message\.max\.bytes=1048588/m,
      )
    },
  },
  {
    tool,
    what: 'add and delete configs of a broker and of all brokers',
    async run(session) {
      await session.ok(tool, [...ofBroker, '--alter', '--add-config', 'message.max.bytes=1500000'])
      await session.ok(tool, [...ofAllBrokers, '--alter', '--add-config', 'message.max.bytes=1400000'])
      const own = await session.ok(tool, [...ofBroker, '--describe'])
      expect(own, /message\.max\.bytes=1500000 .*DYNAMIC_BROKER_CONFIG:message\.max\.bytes=1500000/)
      expect(own, /DYNAMIC_DEFAULT_BROKER_CONFIG:message\.max\.bytes=1400000/)
      expect(await session.ok(tool, [...ofAllBrokers, '--describe']), /message\.max\.bytes=1400000 /)
      const topic = await session.ok(tool, [...ofTopic(session), '--describe', '--all'])
      expect(topic, /max\.message\.bytes=1500000 .*DYNAMIC_BROKER_CONFIG:message\.max\.bytes=1500000/)
      await session.ok(tool, [...ofBroker, '--alter', '--delete-config', 'message.max.bytes'])
      await session.ok(tool, [...ofAllBrokers, '--alter', '--delete-config', 'message.max.bytes'])
      const left = await session.ok(tool, [...ofBroker, '--describe'])
      expectEqual(left.includes('message.max.bytes'), false, 'the deleted config is described')
    },
  },
]
