import { makeRecords, type ReadRecord, requireExactly, type SentRecord } from '../records.ts'
import type { Case } from './case.ts'

/** Records sent with each kind of acknowledgement are all there; those that nobody waited for, soon. */
export const acksCase: Case = {
  name: 'acks',
  about: '200 records each with acks 0, 1 and all are all there, in order',
  async run({ client, topic, createTopic, until }) {
    await createTopic(2)
    const all: SentRecord[] = []
    for (const acks of ['all', '1', '0']) {
      const sent = makeRecords({ count: 200, headerRun: 200, name: `acks-${acks}` })
      await client.produce(topic, sent, { acks })
      all.push(...sent)
    }
    let read: ReadRecord[] = []
    // The broker may not have seen the last of acks=0 when its producer has ended.
    await until(
      () => `${all.length} records, not ${read.length}`,
      async () => (read = await client.consume(topic)).length >= all.length,
    )
    requireExactly(all, read)
    return { facts: 'all, 1, 0' }
  },
}
