import { check } from '../records.ts'
import type { Case, CaseContext } from './case.ts'
import { partitionsOf } from './partitions-of.ts'
import { refusalOf } from './refusal-of.ts'

/** A topic is created, described, found in the list, refused a second time, given more partitions, and deleted. */
export const adminCase: Case = {
  name: 'admin',
  about:
    'a topic of three partitions is created, described with leaders, listed; a second one of its name and one with a bad name are refused; two partitions are added; it is deleted and listed no more',
  async run(context) {
    const { client, topic } = context
    await client.createTopic(topic, 3)
    await described(context, '0,1,2')
    await listed(context, true)
    const again = await refusalOf(client.createTopic(topic, 3), /exist/i)
    const bad = await refusalOf(client.createTopic('no such/name', 1), /invalid|topicexception|topic_exception/i)
    const facts = ['3 partitions', `again: ${again}`, `bad name: ${bad}`]
    if (client.program.lacks['add-partitions'] === undefined) {
      await client.lines('add-partitions', { topic, partitions: 5 })
      await described(context, '0,1,2,3,4')
      facts.push('5 partitions')
    }
    await client.lines('delete-topic', { topic })
    await listed(context, false)
    return { facts: [...facts, 'deleted'].join(', ') }
  },
}

async function described(context: CaseContext, wanted: string): Promise<void> {
  let found = ''
  await context.until(
    () => `partitions ${wanted}, not ${found}`,
    async () => {
      found = (await partitionsOf(context.client, context.topic)).join()
      return found === wanted
    },
  )
}

async function listed({ client, topic, until }: CaseContext, wanted: boolean): Promise<void> {
  await until(
    () => `the topic is ${wanted ? '' : 'not '}in the list`,
    async () => {
      const names = (await client.lines('list-topics', {})).filter(([kind]) => kind === 'topic').map(([, name]) => name)
      check(new Set(names).size === names.length, 'a topic is listed twice')
      return names.includes(topic) === wanted
    },
  )
}
