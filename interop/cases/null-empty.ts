import { check, type SentRecord } from '../records.ts'
import type { Case } from './case.ts'

const fields: readonly (readonly [key: string | null, value: string | null])[] = [
  [null, 'no key'],
  ['', 'an empty key'],
  ['a tombstone', null],
  ['an empty value', ''],
  [null, null],
  ['', ''],
]

/** Nothing and an empty text are two things, in keys and in values. */
export const nullEmptyCase: Case = {
  name: 'null-empty',
  about: 'null and empty keys and values, in every pairing that a client can make, come back as what they were',
  async run({ client, topic, createTopic }) {
    await createTopic(1)
    const { lacks } = client.program
    const possible = fields.filter(
      ([key, value]) =>
        !(lacks['null-record'] && key === null && value === null) && !(lacks['empty-value'] && value === ''),
    )
    const sent = possible.map(([key, value]): SentRecord => ({ key, value, headers: [] }))
    await client.produce(topic, sent)
    const read = (await client.consume(topic)).sort((a, b) => a.offset - b.offset)
    const shown = (records: readonly SentRecord[]): string =>
      records.map(({ key, value }) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(', ')
    check(shown(read) === shown(sent), `read as ${shown(read)}`)
    return { facts: shown(read) }
  },
}
