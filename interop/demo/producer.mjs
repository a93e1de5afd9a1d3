// producer.mjs BOOTSTRAP TOPIC at-least-once|idempotent: makes the topic (`created TOPIC`), then streams every row,
// in order (`sent COUNT` per acknowledged batch).
import { connect, main, print } from './kafka.mjs'
import { readRows } from './rows.mjs'

const batchRows = 250
const [bootstrap, topic, mode] = process.argv.slice(2)

await main(async () => {
  const kafka = connect(bootstrap)
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 3, replicationFactor: 1 }] })
  await admin.disconnect()
  print('created', topic)
  const rows = readRows()
  const producer = kafka.producer({ idempotent: mode === 'idempotent', maxInFlightRequests: 1 })
  await producer.connect()
  for (let from = 0; from < rows.length; from += batchRows) {
    const batch = rows.slice(from, from + batchRows)
    const messages = batch.map(({ row, key, value }) => ({ key, value, headers: { row: String(row) } }))
    await producer.send({ topic, acks: -1, messages })
    print('sent', from + batch.length)
  }
  await producer.disconnect()
})
