/** A steady load on one partition, open loop, through kafkajs. Options and lines: interop/clients/java/Load.java. */
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'

const { Kafka, logLevel } = kafkajs
const arguments_ = process.argv.slice(2)
const options = Object.fromEntries(
  arguments_.flatMap((name, at) => (at % 2 === 0 ? [[name.slice(2), arguments_[at + 1]]] : [])),
)
const { topic } = options
const partition = Number(options.partition)
const rate = Number(options.rate)
const size = Number(options.size)
const acks = options.acks === 'all' ? -1 : Number(options.acks)
const verifyMs = 60_000
const stopMs = 60_000
/** A send becomes one batch, which has to stay below what a topic takes (`max.message.bytes`). */
const recordsAtOnce = 2_000
/** At the end of a log may stand control batches, one for each leadership, which kafkajs passes over in silence. */
const unseenOffsets = 64

const set = Object.fromEntries((options.set ?? '').split(',').flatMap((text) => (text === '' ? [] : [text.split('=')])))
const kafka = new Kafka({
  clientId: 'load',
  brokers: options.bootstrap.split(','),
  ...Object.fromEntries(Object.entries(set).map(([name, value]) => [name, Number(value)])),
  logLevel: logLevel.NOTHING,
})

/** The number of each acknowledged record, with its offset. */
const offsets = new Map()
const ackTimes = []
const waiting = []
let sent = 0
let errors = 0
let firstError = '-'
let faultAt = null
let isAcked = false
let stopped = false

const say = (line) => process.stdout.write(`${line}\n`)

// kafkajs has no queue: whoever wants order sends one request at a time, with all that has come meanwhile.
async function sendAll(producer) {
  while (!stopped || waiting.length > 0) {
    if (waiting.length === 0) {
      await sleep(1)
      continue
    }
    await send(producer, waiting.splice(0, recordsAtOnce))
  }
}

async function send(producer, records) {
  try {
    const messages = records.map(({ value }) => ({ value, partition }))
    const [answer] = await producer.send({ topic, acks, messages })
    onAcked(records, Number(answer.baseOffset ?? answer.offset))
  } catch (error) {
    errors += records.length
    if (firstError === '-') firstError = (error.cause?.type ?? error.type ?? error.name).replaceAll(' ', '-')
  }
}

function onAcked(records, baseOffset) {
  const now = performance.now()
  for (const [at, { number }] of records.entries()) offsets.set(number, baseOffset + at)
  ackTimes.push(now)
  if (faultAt === null || isAcked || records.at(-1).sentAt < faultAt) return
  isAcked = true
  say('acked')
}

async function makeRecords() {
  const begin = performance.now()
  while (!stopped) {
    const now = performance.now()
    for (; sent <= ((now - begin) * rate) / 1000; sent++) {
      const value = Buffer.alloc(size)
      value.writeInt32BE(sent)
      waiting.push({ number: sent, sentAt: now, value })
    }
    await sleep(1)
  }
}

async function tellSteady() {
  for (let calm = 0; calm < 20; await sleep(50)) {
    calm = offsets.size > 0 && sent - offsets.size - errors < rate / 10 ? calm + 1 : 0
  }
  say('steady')
}

/** The longest time between two acknowledgements, from a second before the fault on. */
function gapMs() {
  const gaps = ackTimes.map((to, at) => (at > 0 && to > faultAt - 1000 ? to - ackTimes[at - 1] : 0))
  return Math.floor(gaps.reduce((most, gap) => Math.max(most, gap), 0))
}

async function verify() {
  const seen = new Set()
  let duplicates = 0
  let reordered = 0
  let last = -1
  await readAll((value) => {
    const number = value.readInt32BE()
    if (seen.has(number)) duplicates++
    else if (number < last) reordered++
    seen.add(number)
    last = Math.max(last, number)
  })
  const lost = [...offsets.keys()].filter((number) => !seen.has(number))
  const lostAt = lost.map((number) => offsets.get(number)).join(',')
  say(
    `result sent=${sent} acked=${offsets.size} errors=${errors} lost=${lost.length} duplicates=${duplicates}` +
      ` reordered=${reordered} gap=${gapMs()} error=${firstError} lostAt=${lostAt}`,
  )
}

// kafkajs reads only as a member of a group: a group of its own that commits nothing.
async function readAll(take) {
  const admin = kafka.admin()
  await admin.connect()
  const end = Number((await admin.fetchTopicOffsets(topic)).find((each) => each.partition === partition).high)
  await admin.disconnect()
  const consumer = kafka.consumer({ groupId: `verify-${topic}`, maxWaitTimeInMs: 500 })
  let next = 0
  let heardAt = performance.now()
  consumer.on(consumer.events.FETCH, ({ payload }) => {
    if (payload.numberOfBatches > 0) heardAt = performance.now()
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const eachMessage = async (message) => {
    if (message.partition !== partition) return
    heardAt = performance.now()
    next = Number(message.message.offset) + 1
    take(message.message.value)
  }
  await consumer.run({ autoCommit: false, eachMessage })
  const until = performance.now() + verifyMs
  while (next < end && !(next >= end - unseenOffsets && performance.now() - heardAt > 2000)) {
    if (performance.now() > until) throw new Error(`read to ${next} of ${end} in ${verifyMs} ms`)
    await sleep(50)
  }
  await consumer.disconnect()
}

const producer = kafka.producer({ idempotent: acks === -1 })
await producer.connect()
const sending = [makeRecords(), sendAll(producer)]
void tellSteady()
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'fault') faultAt = performance.now()
  else if (line === 'verify') await verify()
  else if (line === 'stop') {
    stopped = true
    await Promise.race([Promise.all(sending), sleep(stopMs)])
    say('stopped')
  } else throw new Error(line)
}
process.exit(0)
