import { check, makeRecords, type ReadRecord, requireOrderPerKey } from '../records.ts'
import type { Case, CaseContext } from './case.ts'
import { GroupMember } from './group-member.ts'

const partitions = 4

/** A second member takes half of the partitions; when one leaves the other takes all; every record is seen. */
export const groupCase: Case = {
  name: 'group',
  skipReason: () => null,
  async run(context) {
    await context.createTopic(partitions)
    const members: GroupMember[] = []
    try {
      return await rebalance(context, members)
    } finally {
      await Promise.all(members.map((member) => member.end()))
    }
  },
}

async function rebalance(context: CaseContext, members: GroupMember[]): Promise<string> {
  const { client, topic, until } = context
  const headerRun = client.program.headersPerRecord ? 1 : 400
  const sent = makeRecords({ count: 1000, headerRun })
  const seen = (): number => new Set(members.flatMap(({ records }) => records.map(({ value }) => value))).size
  const produceTo = async (from: number, to: number): Promise<void> => {
    await client.produce(topic, sent.slice(from, to))
    await until(
      () => `all of the first ${to} records are seen, not ${seen()}`,
      () => seen() === to,
    )
  }

  const first = new GroupMember(context)
  members.push(first)
  await until(
    () => 'the first member has all partitions',
    () => first.assigned?.length === partitions,
  )
  await produceTo(0, 400)

  const second = new GroupMember(context)
  members.push(second)
  const split = (): boolean => first.assigned?.length === 2 && second.assigned?.length === 2
  await until(() => `the partitions are split: ${first.assigned} and ${second.assigned}`, split)
  const both = new Set([...(first.assigned ?? []), ...(second.assigned ?? [])])
  check(both.size === partitions, 'no partition is given to both')
  await produceTo(400, 700)
  check(second.records.length > 0, 'the second member sees records')

  await first.leave()
  await until(
    () => 'the second member has all partitions',
    () => second.assigned?.length === partitions,
  )
  await produceTo(700, 1000)
  await second.leave()
  return `4, 2 + 2, 4 partitions; 1000 records seen, ${duplicatesIn(sent, members)} twice`
}

function duplicatesIn(sent: ReturnType<typeof makeRecords>, members: readonly GroupMember[]): number {
  const once = new Map<string, ReadRecord>()
  let duplicates = 0
  for (const record of members.flatMap(({ records }) => records)) {
    const at = `${record.partition}@${record.offset}`
    const before = once.get(at)
    if (before !== undefined) {
      check(before.value === record.value, `${at} was read with two values`)
      duplicates++
    }
    once.set(at, record)
  }
  requireOrderPerKey(sent, [...once.values()])
  return duplicates
}
