import { setTimeout as sleep } from 'node:timers/promises'
import { check, makeRecords, type ReadRecord } from '../records.ts'
import type { Case } from './case.ts'

/** The offsets for a time are those of the first records at or after it, and reading from it gives exactly those. */
export const timeCase: Case = {
  name: 'time',
  about:
    'the offsets for a time are those of the first records at or after it in each partition; reading from the time gives exactly those',
  async run({ client, topic, createTopic }) {
    await createTopic(3)
    await client.produce(topic, makeRecords({ count: 300, headerRun: 300, name: 'early' }))
    await sleep(20)
    const time = Date.now()
    await sleep(20)
    const late = makeRecords({ count: 200, headerRun: 200, name: 'late' })
    await client.produce(topic, late)

    const all = await client.consume(topic)
    const due = firstOffsets(all.filter(({ timestamp }) => timestamp >= time))
    const lines = await client.lines('offsets-for-time', { topic, timestamp: time })
    const found = new Map(lines.filter(([kind]) => kind === 'offset').map(([, p, o]) => [Number(p), Number(o)]))
    check(due.size === 3, 'every partition has late records')
    for (const [partition, offset] of due) {
      check(found.get(partition) === offset, `partition ${partition}: ${found.get(partition)} where ${offset} is due`)
    }

    const read = await client.consume(topic, { 'from-time': time })
    const wanted = new Set(late.map(({ value }) => value))
    check(read.length === wanted.size, `${read.length} records read from the time on, ${wanted.size} due`)
    check(
      read.every(({ value }) => wanted.has(value)),
      'only late records are read',
    )
    return { facts: 'offsets of 3 partitions, 200 of 500 records read' }
  },
}

function firstOffsets(records: readonly ReadRecord[]): Map<number, number> {
  const first = new Map<number, number>()
  for (const { partition, offset } of records) {
    first.set(partition, Math.min(offset, first.get(partition) ?? Number.POSITIVE_INFINITY))
  }
  return first
}
