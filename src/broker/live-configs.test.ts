import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBrokerConfig } from '../config/broker-config.ts'
import { ClusterImage, resourceTypes } from '../metadata/image.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import { LiveConfigs } from './live-configs.ts'

function configsWithTopic(): {
  set: (type: number, name: string, setting: string, value: string | null) => string[]
  configs: LiveConfigs
} {
  const image = new ClusterImage('cluster')
  const configs = new LiveConfigs(
    image,
    parseBrokerConfig({ 'node.id': '1', 'log.dirs': '/data', 'log.retention.ms': '1000' }),
  )
  let offset = 0
  const replay = (record: MetadataRecord): string[] => {
    image.replay(record, offset++)
    return [...configs.changedBy([record])]
  }
  for (const [name, topicId] of [
    ['words', 'AAAAAAAAAAAAAAAAAAAAZA'],
    ['others', 'AAAAAAAAAAAAAAAAAAAAZg'],
  ] as const) {
    replay({ type: 'topic', name, topicId })
  }
  const set = (resourceType: number, resourceName: string, name: string, value: string | null): string[] =>
    replay({ type: 'config', resourceType, resourceName, name, value })
  return { set, configs }
}

test('a topic follows its own setting, then the broker it runs on, then all brokers, then the file, then the default', () => {
  const { set, configs } = configsWithTopic()
  const values: number[] = []
  const note = (): void => void values.push(configs.topic('words').retentionMs)
  note()
  set(resourceTypes.broker, '', 'log.retention.ms', '2000')
  note()
  set(resourceTypes.broker, '1', 'log.retention.ms', '3000')
  note()
  set(resourceTypes.topic, 'words', 'retention.ms', '4000')
  note()
  assert.equal(configs.topic('others').retentionMs, 3000)
  set(resourceTypes.topic, 'words', 'retention.ms', null)
  note()
  set(resourceTypes.broker, '1', 'log.retention.ms', null)
  set(resourceTypes.broker, '', 'log.retention.ms', null)
  note()
  assert.deepEqual(values, [1000, 2000, 3000, 4000, 3000, 1000])
})

test('a setting of one topic changes that one, a setting of brokers changes all', () => {
  const { set } = configsWithTopic()
  assert.deepEqual(set(resourceTypes.topic, 'words', 'retention.ms', '5'), ['words'])
  assert.deepEqual(set(resourceTypes.broker, '', 'log.segment.bytes', '1048576'), ['words', 'others'])
})
