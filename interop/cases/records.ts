import { makeRecords, requireExactly } from '../records.ts'
import type { Case } from './case.ts'

/** A thousand keyed records with headers come back whole, once, in order per key. */
export const recordsCase: Case = {
  name: 'records',
  skipReason: () => null,
  async run({ client, topic, createTopic }) {
    await createTopic(3)
    const sent = makeRecords({ count: 1000, headerRun: client.program.headersPerRecord ? 1 : 100 })
    await client.produce(topic, sent)
    requireExactly(sent, await client.consume(topic))
    return '1000 records, every key, value, header; order per key'
  },
}
