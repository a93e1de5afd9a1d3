import { check } from '../records.ts'
import type { Case, CaseContext } from './case.ts'

/** A topic that the client creates, or that its first record creates, is described at once with a leader everywhere. */
export const createTopicCase: Case = {
  name: 'create-topic',
  skipReason: () => null,
  async run(context) {
    const { client, topic } = context
    if (client.program.cannotCreateTopics !== null) return autoCreate(context)
    await client.createTopic(topic, 3)
    check((await partitions(context)).join() === '0,1,2', 'three partitions were asked for')
    const again = await client.createTopic(topic, 3).then(
      () => null,
      (error: unknown) => String(error),
    )
    check(again !== null && /exists/i.test(again), `the second creation is refused: ${again}`)
    return '3 partitions; a second creation is refused'
  },
}

async function autoCreate(context: CaseContext): Promise<string> {
  const { client, topic } = context
  await client.produce(topic, [{ key: 'k', value: 'first', headers: [] }])
  check((await partitions(context)).length === 1, 'auto creation makes num.partitions partitions, one by default')
  return `auto creation: ${client.program.cannotCreateTopics}`
}

async function partitions({ client, topic }: CaseContext): Promise<string[]> {
  const lines = await client.lines('describe', { topic })
  const described = lines.filter((fields) => fields[0] === 'partition')
  for (const [, id, leader] of described) check(Number(leader) >= 0, `partition ${id} has no leader`)
  return described.map((fields) => fields[1] ?? '').sort()
}
