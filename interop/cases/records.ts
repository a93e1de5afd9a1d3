import { requireExactly } from '../records.ts'
import type { Case } from './case.ts'
import { fullRecords } from './full-records.ts'

/** A thousand keyed records with headers and timestamps come back whole, once, in order per key. */
export const recordsCase: Case = {
  name: 'records',
  about:
    '1,000 keyed records with headers, timestamps and text beyond ASCII: every key, value, header and time, each once, in order per key, a key in one partition, offsets without holes',
  async run({ client, topic, createTopic }) {
    await createTopic(3)
    const sent = fullRecords(client.program, 'plain')
    await client.produce(topic, sent)
    requireExactly(sent, await client.consume(topic))
    return { facts: `${sent.length} records` }
  },
}
