// consumer.mjs BOOTSTRAP TOPIC GROUP: a member of the group until standard input ends.
// consumer.mjs BOOTSTRAP TOPIC: reads the log from its start to the end that it finds, with nothing committed.
// Both write `record PARTITION OFFSET ROW KEY VALUE` lines.
import { connect, main, print } from './kafka.mjs'

const [bootstrap, topic, group] = process.argv.slice(2)

await main(async () => {
  const kafka = connect(bootstrap)
  const consumer = kafka.consumer({
    groupId: group ?? `audit-${topic}`,
    sessionTimeout: 10_000,
    heartbeatInterval: 500,
    maxWaitTimeInMs: 200,
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await (group === undefined ? readToEnd(kafka, consumer) : readAsMember(consumer))
  await consumer.disconnect()
})

function printBatch({ partition, messages }) {
  for (const { offset, key, value, headers } of messages) print('record', partition, offset, headers.row, key, value)
}

function readAsMember(consumer) {
  return new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || reject(payload.error))
    process.stdin.resume().on('end', resolve)
    // Offsets are committed after each batch has been written out: at least once.
    consumer.run({ autoCommitThreshold: 1, eachBatch: async ({ batch }) => printBatch(batch) }).catch(reject)
  })
}

async function readToEnd(kafka, consumer) {
  const admin = kafka.admin()
  await admin.connect()
  const ends = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)])
  await admin.disconnect()
  const open = new Map(ends.filter(([, end]) => end > 0))
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    const eachBatch = async ({ batch }) => {
      printBatch(batch)
      if (Number(batch.lastOffset()) + 1 >= open.get(batch.partition)) open.delete(batch.partition)
      if (open.size === 0) resolve()
    }
    consumer.run({ autoCommit: false, eachBatch }).catch(reject)
  })
}
