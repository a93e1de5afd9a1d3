import { check, makeRecords } from '../records.ts'
import type { Case } from './case.ts'
import { refusalOf } from './refusal-of.ts'

/** What lies before the given offset is gone, the rest stays, and an offset beyond the end is refused. */
export const deleteRecordsCase: Case = {
  name: 'delete-records',
  about: 'of 100 records those before offset 40 are deleted; the other 60 are read; deleting beyond the end is refused',
  async run({ client, topic, createTopic }) {
    await createTopic(1)
    const sent = makeRecords({ count: 100, headerRun: 100 })
    await client.produce(topic, sent)
    await client.lines('delete-records', { topic, offset: 40 })
    const read = await client.consume(topic)
    check(read.length === 60, `60 records are left, not ${read.length}`)
    read.forEach(({ offset, value }, i) => {
      check(offset === 40 + i && value === sent[40 + i]?.value, `offset ${offset} where ${40 + i} is due`)
    })
    const refused = await refusalOf(
      client.lines('delete-records', { topic, offset: 101 }),
      /out.?of.?range|outside the range/i,
    )
    return { facts: `60 left, beyond the end: ${refused}` }
  },
}
