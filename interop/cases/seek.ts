import { check, makeRecords, requireExactly } from '../records.ts'
import type { Case } from './case.ts'

const count = 500
const again = 350

/** A consumer at the end that seeks back reads the same records once more. */
export const seekCase: Case = {
  name: 'seek',
  about: `a consumer that has read ${count} records seeks back to offset ${again} and reads the other ${count - again} again, the same`,
  async run({ client, topic, createTopic }) {
    await createTopic(1)
    const sent = makeRecords({ count, headerRun: count })
    await client.produce(topic, sent)
    const read = await client.consume(topic, { 'again-from': again })
    requireExactly(sent, read.slice(0, count))
    const second = read.slice(count)
    check(second.length === count - again, `${second.length} records read after the seek, not ${count - again}`)
    second.forEach((record, i) => {
      check(record.offset === again + i, `offset ${record.offset} after the seek where ${again + i} is due`)
      check(record.value === sent[again + i]?.value, `offset ${record.offset} has another value after the seek`)
    })
    return { facts: `${count} records, then ${second.length} from ${again} on` }
  },
}
