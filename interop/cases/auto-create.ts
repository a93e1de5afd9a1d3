import { check, makeRecords, requireExactly } from '../records.ts'
import type { Case } from './case.ts'
import { partitionsOf } from './partitions-of.ts'

/** A topic that its first record creates has the broker's default of one partition. */
export const autoCreateCase: Case = {
  name: 'auto-create',
  about: "the first record for a topic that does not exist creates it, with the broker's default of one partition",
  async run(context) {
    const sent = makeRecords({ count: 10, headerRun: 10 })
    await context.client.produce(context.topic, sent)
    const partitions = await partitionsOf(context.client, context.topic)
    check(partitions.join() === '0', `one partition by default, not ${partitions.join()}`)
    requireExactly(sent, await context.client.consume(context.topic))
    return { facts: '1 partition, 10 records' }
  },
}
