import { check, requireExactly, type SentRecord } from '../records.ts'
import type { Case } from './case.ts'

const count = 8
const valueBytes = 900_000

/** Records just below the broker's default limit, more of them than one fetch may hold. */
export const largeCase: Case = {
  name: 'large',
  about: 'eight records of 900 kB, more than the 1 MiB that a partition gives to one fetch by default in many clients',
  async run({ client, topic, createTopic }) {
    await createTopic(1)
    const sent = Array.from({ length: count }, (_, i): SentRecord => ({ key: 'k', value: text(i), headers: [] }))
    await client.produce(topic, sent)
    const read = await client.consume(topic)
    requireExactly(sent, read)
    check(
      read.every(({ value }) => value?.length === valueBytes),
      `every value has ${valueBytes} bytes`,
    )
    return { facts: `${count} records of ${valueBytes / 1000} kB` }
  },
}

/** Text that no codec makes much smaller, from a linear congruential generator. */
function text(seed: number): string {
  const words: string[] = []
  let state = seed + 1
  for (let length = 0; length < valueBytes; length += 7) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    words.push(state.toString(36).padStart(7, '0'))
  }
  return words.join('').slice(0, valueBytes)
}
