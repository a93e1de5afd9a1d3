import { makeRecords, requireExactly, type SentRecord } from '../records.ts'
import type { Case } from './case.ts'

/** Batches in every codec that the client has come back whole from one topic. */
export const compressionCase: Case = {
  name: 'compression',
  skipReason: () => null,
  async run({ client, topic, createTopic }) {
    await createTopic(1)
    const all: SentRecord[] = []
    for (const compression of client.program.codecs) {
      const sent = makeRecords({ count: 200, headerRun: 200, name: compression })
      await client.produce(topic, sent, { compression })
      all.push(...sent)
    }
    requireExactly(all, await client.consume(topic))
    return client.program.codecs.join(', ')
  },
}
