import { makeRecords, requireExactly, type SentRecord } from '../records.ts'
import type { Case } from './case.ts'
import { refusalOf } from './refusal-of.ts'

/** What is beyond a topic's limit is refused by name; a reader whose limit is smaller than a record still gets it. */
export const limitsCase: Case = {
  name: 'limits',
  about:
    'a topic with `max.message.bytes=20000` refuses a record of 50 kB by name and takes what is smaller; a consumer that asks for 1,000 bytes at a time still gets records of 15 kB, one by one',
  async run({ client, topic, createTopic }) {
    await createTopic(1, 'max.message.bytes=20000')
    const record = (value: string): SentRecord => ({ key: 'k', value, headers: [] })
    const refused = await refusalOf(
      client.produce(topic, [record('y'.repeat(50_000))]),
      /too.?large|MSG_SIZE|MESSAGE_TOO_LARGE/i,
    )
    const sent = [...makeRecords({ count: 20, headerRun: 20 }), ...['a', 'b', 'c'].map((c) => record(c.repeat(15_000)))]
    for (const each of [sent.slice(0, 20), ...sent.slice(20).map((one) => [one])]) await client.produce(topic, each)
    requireExactly(sent, await client.consume(topic, { 'fetch-max': 1000 }))
    return { facts: `too large: ${refused}; ${sent.length} records read` }
  },
}
