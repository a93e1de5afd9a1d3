// The @platformatic/kafka side of the interop matrix. Commands and lines: interop/client-program.ts.
import { readFileSync } from 'node:fs'
import {
  Admin,
  ConfigResourceTypes,
  Consumer,
  IncrementalAlterConfigOperationTypes,
  Producer,
} from '@platformatic/kafka'
import { config, inputRecords, number, options, print, printRecord, runCommand, toldToLeave } from '../lines.mjs'

const batchRecords = 50
const { topic } = options
const base = { clientId: 'interop', bootstrapBrokers: [options.bootstrap ?? ''], retries: 100, retryDelay: 200 }

const commands = {
  version,
  'create-topic': () => withAdmin(createTopic),
  describe: () => withAdmin(describe),
  'list-topics': () => withAdmin(async (admin) => (await admin.listTopics()).forEach((name) => print('topic', name))),
  'add-partitions': () =>
    withAdmin((admin) => admin.createPartitions({ topics: [{ name: topic, count: number('partitions') }] })),
  'delete-topic': () => withAdmin((admin) => admin.deleteTopics({ topics: [topic] })),
  'describe-config': () => withAdmin(describeConfig),
  'alter-config': () => withAdmin(alterConfig),
  'delete-records': () => withAdmin(deleteRecords),
  'offsets-for-time': () => withConsumer({}, offsetsForTime),
  produce,
  consume: () => withConsumer({}, consume),
  group,
}

function version() {
  const file = new URL('node_modules/@platformatic/kafka/package.json', import.meta.url)
  print('version', `${JSON.parse(readFileSync(file, 'utf8')).version} (Node ${process.versions.node})`)
}

async function withAdmin(work) {
  const admin = new Admin({ ...base, retries: 2 })
  await work(admin).finally(() => admin.close())
}

async function withConsumer(more, work) {
  const groupId = options.group ?? `reader-${process.pid}-${Date.now()}`
  const consumer = new Consumer({ ...base, groupId, ...more })
  await work(consumer).finally(() => consumer.close(true))
}

async function createTopic(admin) {
  const [name, value] = config() ?? []
  const configs = name === undefined ? [] : [{ name, value }]
  await admin.createTopics({ topics: [topic], partitions: number('partitions'), replicas: 1, configs })
}

async function describe(admin) {
  const { topics } = await admin.metadata({ topics: [topic] })
  topics.get(topic).partitions.forEach(({ leader }, id) => print('partition', id, leader))
}

async function describeConfig(admin) {
  const resources = [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configurationKeys: null }]
  const [{ configs }] = await admin.describeConfigs({ resources })
  for (const { name, value } of configs) print('config', name, value)
}

async function alterConfig(admin) {
  const [name, value] = config()
  const configs = [{ name, value, configOperation: IncrementalAlterConfigOperationTypes.SET }]
  const resources = [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configs }]
  await admin.incrementalAlterConfigs({ resources })
}

async function deleteRecords(admin) {
  const partitions = [{ partition: 0, offset: BigInt(options.offset) }]
  await admin.deleteRecords({ topics: [{ name: topic, partitions }] })
}

/** First and end offset of every partition; the first by time when one is given. */
async function bounds(consumer, time) {
  const ends = (await consumer.listOffsets({ topics: [topic], timestamp: -1n })).get(topic)
  const starts = (await consumer.listOffsets({ topics: [topic], timestamp: BigInt(time ?? -2) })).get(topic)
  return ends.map((end, partition) => ({ partition, end, start: starts[partition] < 0n ? end : starts[partition] }))
}

async function offsetsForTime(consumer) {
  for (const { partition, start } of await bounds(consumer, options.timestamp)) print('offset', partition, start)
}

async function produce() {
  const idempotent = options.idempotent ?? false
  const acks = options.acks === undefined || options.acks === 'all' ? -1 : number('acks')
  const producer = new Producer({ ...base, autocreateTopics: true })
  let sent = 0
  // A request holds what fits the broker's limit: a large record goes alone.
  for await (const records of inputRecords(batchRecords)) {
    const large = records.some(({ value }) => value?.length > 10_000)
    for (const part of large ? records.map((record) => [record]) : [records]) {
      const compression = options.compression ?? 'none'
      await producer.send({ messages: part.map(messageOf), compression, acks, idempotent })
      sent += part.length
      print('sent', sent)
    }
  }
  await producer.close()
}

const bytesOf = (text) => (text === null ? undefined : Buffer.from(text))

function messageOf({ timestamp, key, value, headers }) {
  const time = timestamp === undefined ? {} : { timestamp: BigInt(timestamp) }
  const pairs = headers.map(([name, content]) => [Buffer.from(name), Buffer.from(content)])
  return { topic, key: bytesOf(key), value: bytesOf(value), headers: new Map(pairs), ...time }
}

function show({ partition, offset, timestamp, key, value, headerEntries }) {
  printRecord(partition, offset, timestamp, key, value, headerEntries)
}

async function consume(consumer) {
  const spans = await bounds(consumer, options['from-time'])
  await readFrom(consumer, spans)
  // A stream has no seek: another one begins at the offset.
  const again = options['again-from']
  if (again !== undefined)
    await readFrom(
      consumer,
      spans.map((span) => ({ ...span, start: BigInt(again) })),
    )
}

async function readFrom(consumer, spans) {
  const open = new Map(spans.filter(({ start, end }) => start < end).map(({ partition, end }) => [partition, end]))
  if (open.size === 0) return
  const limit = options['fetch-max'] === undefined ? {} : { maxBytesPerPartition: number('fetch-max') }
  const offsets = spans.map(({ partition, start }) => ({ topic, partition, offset: start }))
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'manual',
    offsets,
    autocommit: false,
    maxWaitTime: 300,
    ...limit,
  })
  for await (const message of stream) {
    if (message.offset >= (open.get(message.partition) ?? 0n)) continue
    show(message)
    if (message.offset + 1n === open.get(message.partition)) open.delete(message.partition)
    if (open.size === 0) break
  }
  await stream.close()
}

function group() {
  const protocol = options.assignor === 'cooperative' ? 'cooperative-sticky' : 'roundrobin'
  const member = {
    sessionTimeout: 20_000,
    rebalanceTimeout: 20_000,
    heartbeatInterval: 300,
    protocols: [{ name: protocol, version: 1 }],
    ...(options.instance === undefined ? {} : { groupInstanceId: options.instance }),
  }
  return withConsumer(member, work)
}

async function work(consumer) {
  const stopAfter = number('stop-after', Number.POSITIVE_INFINITY)
  let held = new Set()
  consumer.on('consumer:group:join', ({ assignments }) => {
    const now = new Set((assignments ?? []).filter((each) => each.topic === topic).flatMap((each) => each.partitions))
    print('revoked', ...[...held].filter((partition) => !now.has(partition)))
    print('assigned', ...now)
    held = now
  })
  const from = { mode: 'committed', fallbackMode: 'earliest' }
  const stream = await consumer.consume({ topics: [topic], ...from, autocommit: false, maxWaitTime: 300 })
  const left = toldToLeave().then(() => stream.close())
  let seen = 0
  for await (const message of stream) {
    show(message)
    await message.commit()
    if (++seen >= stopAfter) break
  }
  await (seen >= stopAfter ? stream.close() : left)
}

/** The broker's name of what went wrong is in an inner error. */
function nameOf(error) {
  if (error.apiId !== undefined) return error.apiId
  const inner = error.errors?.[0] ?? error.cause
  return inner === undefined ? (error.code ?? error.name) : nameOf(inner)
}

await runCommand(commands, nameOf)
