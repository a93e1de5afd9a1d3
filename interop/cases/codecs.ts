import { requireExactly, type SentRecord } from '../records.ts'
import type { Case } from './case.ts'
import { fullRecords } from './full-records.ts'

/** Batches in every codec that the client has come back whole from one topic. */
export const codecsCase: Case = {
  name: 'codecs',
  about: 'the same 1,000 records in each codec of the client, in one topic',
  async run({ client, topic, createTopic }) {
    await createTopic(3)
    const all: SentRecord[] = []
    for (const compression of client.program.codecs) {
      const sent = fullRecords(client.program, compression)
      await client.produce(topic, sent, { compression })
      all.push(...sent)
    }
    requireExactly(all, await client.consume(topic))
    return { facts: client.program.codecs.join(', ') }
  },
}
