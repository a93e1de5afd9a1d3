// The kafkajs side of the interop matrix. Commands and lines: interop/client-program.ts.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import kafkajs from 'kafkajs'

const { CompressionTypes, Kafka, logLevel } = kafkajs
const batchRecords = 50
const string = { type: 'string' }
const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    bootstrap: string,
    topic: string,
    partitions: string,
    group: string,
    timestamp: string,
    'from-time': string,
    'stop-after': string,
    compression: string,
    idempotent: { type: 'boolean' },
  },
})

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
  'offsets-for-time': () => withAdmin(offsetsForTime),
  produce,
  consume,
  group,
}

// Standard output may be a socket, which is written to in the background.
function exit(code) {
  process.stdout.write('', () => process.exit(code))
}

function print(...fields) {
  process.stdout.write(`${fields.join('\t')}\n`)
}

async function withAdmin(work) {
  const admin = kafka.admin()
  await admin.connect()
  await work(admin).finally(() => admin.disconnect())
}

async function createTopic(admin) {
  const numPartitions = Number(options.partitions)
  const made = await admin.createTopics({ topics: [{ topic: options.topic, numPartitions, replicationFactor: 1 }] })
  // kafkajs answers false, not an error, when the topic exists.
  if (!made) throw new Error('TopicExists')
}

async function describe(admin) {
  const { topics } = await admin.fetchTopicMetadata({ topics: [options.topic] })
  for (const { partitionId, leader } of topics[0].partitions) print('partition', partitionId, leader)
}

async function offsetsForTime(admin) {
  const found = await admin.fetchTopicOffsetsByTimestamp(options.topic, Number(options.timestamp))
  for (const { partition, offset } of found) print('offset', partition, offset)
}

async function produce() {
  const producer = kafka.producer(
    options.idempotent ? { idempotent: true, maxInFlightRequests: 1 } : { maxInFlightRequests: 1 },
  )
  await producer.connect()
  const waiting = []
  let wake = () => {}
  let ended = false
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      waiting.push(line)
      wake()
    })
    .on('close', () => {
      ended = true
      wake()
    })
  let acked = 0
  for (;;) {
    if (waiting.length === 0) {
      if (ended) break
      await new Promise((resolve) => (wake = resolve))
      continue
    }
    const messages = waiting.splice(0, batchRecords).map(messageOf)
    await producer.send({ topic: options.topic, messages, compression: compressionOf(options.compression) })
    acked += messages.length
    print('sent', acked)
  }
  await producer.disconnect()
}

function messageOf(line) {
  const [key, value, ...headers] = line.split('\t')
  return { key, value, headers: Object.fromEntries(headers.map((header) => header.split(/=(.*)/s).slice(0, 2))) }
}

function compressionOf(name) {
  return name === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None
}

function printRecord(partition, { offset, timestamp, key, value, headers }) {
  const pairs = Object.entries(headers ?? {}).map(([name, content]) => `${name}=${content}`)
  print('record', partition, offset, timestamp, key, value, ...pairs)
}

// kafkajs reads only as a member of a group: a group of its own that commits nothing.
async function consume() {
  const { topic } = options
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  const fromTime = options['from-time']
  const starts = fromTime === undefined ? ends : await admin.fetchTopicOffsetsByTimestamp(topic, Number(fromTime))
  await admin.disconnect()
  const startOf = new Map(
    starts.map(({ partition, offset, low }) => [partition, Number(fromTime === undefined ? low : offset)]),
  )
  const endOf = new Map(ends.map(({ partition, high }) => [partition, Number(high)]))
  const open = new Set([...endOf.keys()].filter((partition) => startOf.get(partition) < endOf.get(partition)))
  if (open.size === 0) return
  const consumer = kafka.consumer({ groupId: `reader-${process.pid}-${Date.now()}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer
      .run({
        autoCommit: false,
        eachMessage: async ({ partition, message }) => {
          const offset = Number(message.offset)
          if (offset < startOf.get(partition) || offset >= endOf.get(partition)) return
          printRecord(partition, message)
          if (offset === endOf.get(partition) - 1) open.delete(partition)
          if (open.size === 0) resolve()
        },
      })
      .catch(reject)
    if (fromTime !== undefined) {
      for (const [partition, offset] of startOf) consumer.seek({ topic, partition, offset: String(offset) })
    }
  })
  await consumer.disconnect()
}

async function group() {
  const { topic } = options
  const stopAfter = Number(options['stop-after'] ?? Number.POSITIVE_INFINITY)
  const consumer = kafka.consumer({
    groupId: options.group,
    sessionTimeout: 10_000,
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
    createInterface({ input: process.stdin }).on('line', (line) => line === 'leave' && resolve())
    const eachMessage = async ({ partition, message }) => {
      if (seen >= stopAfter) return
      seen++
      printRecord(partition, message)
      await consumer.commitOffsets([{ topic, partition, offset: String(Number(message.offset) + 1) }])
      if (seen === stopAfter) resolve()
    }
    consumer.run({ autoCommit: false, eachMessage }).catch(reject)
  })
  await consumer.disconnect()
}

try {
  const command = commands[positionals[0]]
  if (command === undefined) throw new Error(`unknown command ${positionals[0]}`)
  await command()
  exit(0)
} catch (error) {
  print('error', error.type ?? error.name, error.message)
  exit(1)
}
