// The @confluentinc/kafka-javascript side of the interop matrix. Commands and lines: interop/client-program.ts.
import { createRequire } from 'node:module'
import confluent from '@confluentinc/kafka-javascript'
import { config, inputRecords, number, options, print, printRecord, runCommand, toldToLeave } from '../lines.mjs'

const { CODES, KafkaJS, librdkafkaVersion } = confluent
const batchRecords = 50
const { topic } = options

const quiet = Object.fromEntries(['info', 'debug'].map((level) => [level, () => {}]))
const loud = Object.fromEntries(['warn', 'error'].map((level) => [level, (text) => process.stderr.write(`${text}\n`)]))
const logger = { ...quiet, ...loud, namespace: () => logger, setLogLevel() {} }
const kafka = new KafkaJS.Kafka({
  'reconnect.backoff.max.ms': 200,
  // Standard output is for the lines of the protocol.
  kafkaJS: { brokers: [options.bootstrap ?? ''], logger },
})

const commands = {
  version,
  'create-topic': () => withAdmin(createTopic),
  describe: () => withAdmin(describe),
  'list-topics': () => withAdmin(async (admin) => (await admin.listTopics()).forEach((name) => print('topic', name))),
  'delete-topic': () => withAdmin((admin) => admin.deleteTopics({ topics: [topic] })),
  'offsets-for-time': () => withAdmin(offsetsForTime),
  'delete-records': () =>
    withAdmin((admin) => admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: options.offset }] })),
  produce,
  consume,
  group,
}

function version() {
  const own = createRequire(import.meta.url)('@confluentinc/kafka-javascript/package.json').version
  print('version', `${own} (librdkafka ${librdkafkaVersion})`)
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
  // It answers false, not an error, when the topic exists.
  if (!made) throw Object.assign(new Error('createTopics answered false'), { type: 'exists' })
}

async function describe(admin) {
  const [{ partitions }] = await admin.fetchTopicMetadata({ topics: [topic] })
  for (const { partitionId, leader } of partitions) print('partition', partitionId, leader)
}

async function offsetsForTime(admin) {
  for (const [partition, { start }] of await bounds(admin, number('timestamp'))) print('offset', partition, start)
}

/** First and end offset of every partition; the first by time when one is given. */
async function bounds(admin, time) {
  const ends = await admin.fetchTopicOffsets(topic)
  const spans = new Map(ends.map(({ partition, low, high }) => [partition, { start: Number(low), end: Number(high) }]))
  if (time === undefined) return spans
  for (const { partition, offset } of await admin.fetchTopicOffsetsByTimestamp(topic, time)) {
    const { end } = spans.get(partition)
    spans.set(partition, { start: Number(offset) < 0 ? end : Number(offset), end })
  }
  return spans
}

async function produce() {
  const idempotent = options.idempotent ?? false
  const acks = options.acks === undefined || options.acks === 'all' ? -1 : number('acks')
  const compression = options.compression ?? 'none'
  const producer = kafka.producer({ kafkaJS: { idempotent, acks, compression } })
  await producer.connect()
  let sent = 0
  for await (const records of inputRecords(batchRecords)) {
    await producer.send({ topic, messages: records.map(messageOf) })
    sent += records.length
    print('sent', sent)
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

// It reads only as a member of a group: a group of its own that commits nothing.
async function consume() {
  let spans
  await withAdmin(async (admin) => (spans = await bounds(admin, number('from-time'))))
  const open = new Set([...spans].filter(([, { start, end }]) => start < end).map(([partition]) => partition))
  if (open.size === 0) return
  const limit = options['fetch-max'] === undefined ? {} : { 'max.partition.fetch.bytes': number('fetch-max') }
  const groupId = `reader-${process.pid}-${Date.now()}`
  const consumer = kafka.consumer({ ...limit, kafkaJS: { groupId, fromBeginning: true, autoCommit: false } })
  await consumer.connect()
  await consumer.subscribe({ topic })
  let again = options['again-from']
  await new Promise((resolve, reject) => {
    const eachMessage = async ({ partition, message }) => {
      const offset = Number(message.offset)
      const { start, end } = spans.get(partition)
      if (!open.has(partition) || offset < start || offset >= end) return
      show(partition, message)
      if (offset === end - 1) open.delete(partition)
      if (open.size > 0) return
      if (again === undefined) return resolve()
      for (const each of spans.keys()) {
        open.add(each)
        consumer.seek({ topic, partition: each, offset: again })
      }
      again = undefined
    }
    consumer.run({ eachMessage }).catch(reject)
  })
  await consumer.disconnect()
}

async function group() {
  const stopAfter = number('stop-after', Number.POSITIVE_INFINITY)
  const { cooperativeSticky, range } = KafkaJS.PartitionAssigners
  const consumer = kafka.consumer({
    ...(options.instance === undefined ? {} : { 'group.instance.id': options.instance }),
    rebalance_cb: tellRebalance(new Set()),
    kafkaJS: {
      groupId: options.group,
      fromBeginning: true,
      autoCommit: false,
      sessionTimeout: 20_000,
      heartbeatInterval: 300,
      partitionAssigners: [options.assignor === 'cooperative' ? cooperativeSticky : range],
    },
  })
  await consumer.connect()
  await consumer.subscribe({ topic })
  let seen = 0
  await new Promise((resolve, reject) => {
    toldToLeave().then(resolve)
    const eachMessage = async ({ partition, message }) => {
      if (seen >= stopAfter) return
      seen++
      show(partition, message)
      await consumer.commitOffsets([{ topic, partition, offset: String(Number(message.offset) + 1) }])
      if (seen === stopAfter) resolve()
    }
    consumer.run({ eachMessage }).catch(reject)
  })
  await consumer.disconnect()
}

function tellRebalance(held) {
  return (error, changed) => {
    const partitions = changed.map(({ partition }) => partition)
    if (error.code === CODES.ERRORS.ERR__ASSIGN_PARTITIONS) {
      for (const partition of partitions) held.add(partition)
      print('assigned', ...held)
    } else {
      for (const partition of partitions) held.delete(partition)
      print('revoked', ...partitions)
    }
  }
}

/** What the broker said of a topic or partition is in an inner error. */
function nameOf(error) {
  const inner = error.errors?.[0] ?? error.partitions?.[0]?.error
  return inner === undefined ? (error.type ?? error.name) : nameOf(inner)
}

await runCommand(commands, nameOf)
