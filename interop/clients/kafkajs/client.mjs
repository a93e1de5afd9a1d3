// The kafkajs side of the interop matrix. Commands and lines: interop/client-program.ts.
import { createRequire } from 'node:module'
import kafkajs from 'kafkajs'
import { config, inputRecords, number, options, print, printRecord, runCommand, toldToLeave } from '../lines.mjs'

const { CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs
const batchRecords = 50
const { topic } = options

const kafka = new Kafka({
  clientId: 'interop',
  brokers: [options.bootstrap ?? ''],
  retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 50 },
  logLevel: logLevel.ERROR,
  // Standard output is for the lines of the protocol.
  logCreator: () => (entry) => process.stderr.write(`${entry.namespace}: ${entry.log.message}\n`),
})

const commands = {
  version: async () => print('version', createRequire(import.meta.url)('kafkajs/package.json').version),
  'create-topic': () => withAdmin(createTopic),
  describe: () => withAdmin(describe),
  'list-topics': () => withAdmin(async (admin) => (await admin.listTopics()).forEach((name) => print('topic', name))),
  'add-partitions': () =>
    withAdmin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: number('partitions') }] })),
  'delete-topic': () => withAdmin((admin) => admin.deleteTopics({ topics: [topic] })),
  'describe-config': () => withAdmin(describeConfig),
  'alter-config': () => withAdmin(alterConfig),
  'offsets-for-time': () => withAdmin(offsetsForTime),
  'delete-records': () => withAdmin(deleteRecords),
  produce,
  consume,
  group,
}

async function withAdmin(work) {
  const admin = kafka.admin()
  await admin.connect()
  await work(admin).finally(() => admin.disconnect())
}

async function createTopic(admin) {
  const [name, value] = config() ?? []
  const configEntries = name === undefined ? [] : [{ name, value }]
  const numPartitions = number('partitions')
  const made = await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }] })
  // kafkajs answers false, not an error, when the topic exists.
  if (!made) throw Object.assign(new Error('createTopics answered false'), { name: 'exists' })
}

async function describe(admin) {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  for (const { partitionId, leader } of topics[0].partitions) print('partition', partitionId, leader)
}

async function describeConfig(admin) {
  const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic }]
  const described = await admin.describeConfigs({ resources, includeSynonyms: false })
  for (const { configName, configValue } of described.resources[0].configEntries)
    print('config', configName, configValue)
}

function alterConfig(admin) {
  const [name, value] = config()
  return admin.alterConfigs({
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name, value }] }],
  })
}

async function offsetsForTime(admin) {
  const found = await admin.fetchTopicOffsetsByTimestamp(topic, number('timestamp'))
  for (const { partition, offset } of found) print('offset', partition, offset)
}

async function deleteRecords(admin) {
  // deleteTopicRecords works only on topics whose leaders the admin client has heard of before.
  await admin.fetchTopicOffsets(topic)
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: options.offset }] })
}

async function produce() {
  const idempotent = options.idempotent ? { idempotent: true } : {}
  const producer = kafka.producer({ ...idempotent, maxInFlightRequests: 1 })
  await producer.connect()
  const compression = options.compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None
  const acks = options.acks === undefined || options.acks === 'all' ? -1 : number('acks')
  let sent = 0
  // A request holds what fits the broker's limit: a large record goes alone.
  for await (const records of inputRecords(batchRecords)) {
    const large = records.some(({ value }) => value?.length > 10_000)
    for (const part of large ? records.map((record) => [record]) : [records]) {
      await producer.send({ topic, messages: part.map(messageOf), compression, acks })
      sent += part.length
      print('sent', sent)
    }
  }
  await producer.disconnect()
}

function messageOf({ timestamp, headers, key, value }) {
  const time = timestamp === undefined ? {} : { timestamp: String(timestamp) }
  return { key, value, headers: Object.fromEntries(headers), ...time }
}

function show(partition, { offset, timestamp, key, value, headers }) {
  printRecord(partition, offset, timestamp, key, value, Object.entries(headers ?? {}))
}

// kafkajs reads only as a member of a group: a group of its own that commits nothing.
async function consume() {
  const [starts, ends] = await bounds()
  const open = new Set([...ends.keys()].filter((partition) => starts.get(partition) < ends.get(partition)))
  if (open.size === 0) return
  const limit = options['fetch-max'] === undefined ? {} : { maxBytesPerPartition: number('fetch-max') }
  const consumer = kafka.consumer({ groupId: `reader-${process.pid}-${Date.now()}`, ...limit })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let again = number('again-from')
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    const eachMessage = async ({ partition, message }) => {
      const offset = Number(message.offset)
      if (!open.has(partition) || offset < starts.get(partition) || offset >= ends.get(partition)) return
      show(partition, message)
      if (offset === ends.get(partition) - 1) open.delete(partition)
      if (open.size > 0) return
      if (again === undefined) return resolve()
      for (const each of ends.keys()) {
        open.add(each)
        consumer.seek({ topic, partition: each, offset: String(again) })
      }
      again = undefined
    }
    consumer.run({ autoCommit: false, eachMessage }).catch(reject)
    if (options['from-time'] === undefined) return
    for (const [partition, offset] of starts) consumer.seek({ topic, partition, offset: String(offset) })
  })
  await consumer.disconnect()
}

/** First and end offset of every partition; the first by time when one is given. */
async function bounds() {
  const all = []
  await withAdmin(async (admin) => {
    const ends = await admin.fetchTopicOffsets(topic)
    const time = number('from-time')
    const starts = time === undefined ? ends : await admin.fetchTopicOffsetsByTimestamp(topic, time)
    all.push(
      new Map(starts.map(({ partition, offset, low }) => [partition, Number(time === undefined ? low : offset)])),
    )
    all.push(new Map(ends.map(({ partition, high }) => [partition, Number(high)])))
  })
  return all
}

async function group() {
  const stopAfter = number('stop-after', Number.POSITIVE_INFINITY)
  const consumer = kafka.consumer({
    groupId: options.group,
    sessionTimeout: 20_000,
    heartbeatInterval: 300,
    maxWaitTimeInMs: 300,
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
    print('assigned', ...(payload.memberAssignment[topic] ?? [])),
  )
  let seen = 0
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || reject(payload.error))
    toldToLeave().then(resolve)
    const eachMessage = async ({ partition, message }) => {
      if (seen >= stopAfter) return
      seen++
      show(partition, message)
      await consumer.commitOffsets([{ topic, partition, offset: String(Number(message.offset) + 1) }])
      if (seen === stopAfter) resolve()
    }
    consumer.run({ autoCommit: false, eachMessage }).catch(reject)
  })
  await consumer.disconnect()
}

// The code of what the broker said is in the innermost error.
function nameOf(error) {
  const inner = error.errors?.[0] ?? error.partitions?.[0]?.error ?? error.cause
  return inner === undefined ? (error.type ?? error.name) : nameOf(inner)
}

await runCommand(commands, nameOf)
