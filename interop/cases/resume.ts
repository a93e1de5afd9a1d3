import { check, makeRecords, requireExactly } from '../records.ts'
import type { Case, CaseContext } from './case.ts'
import { GroupMember } from './group-member.ts'

const count = 1000
const committed = 400

/** A new member of a group begins at what the one before it has committed: nothing twice, nothing left out. */
export const resumeCase: Case = {
  name: 'resume',
  about: `a member commits ${committed} of ${count} records and leaves; the next reads exactly the other ${count - committed}`,
  async run(context) {
    await context.createTopic(2)
    const sent = makeRecords({ count, headerRun: count })
    await context.client.produce(context.topic, sent)
    const first = await readAndCommit(context, committed)
    const second = await readAndCommit(context, count - committed)
    requireExactly(sent, [...first, ...second])
    return { facts: `${committed} committed, the next member read the other ${count - committed}` }
  },
}

async function readAndCommit(context: CaseContext, stopAfter: number) {
  const member = new GroupMember(context, { stopAfter })
  try {
    await context.until(
      () => `a member reads ${stopAfter} records`,
      () => member.records.length >= stopAfter,
    )
    const code = await member.exited
    check(code === 0, `the member ended with ${code}: ${member.error}`)
    return member.records
  } finally {
    await member.end()
  }
}
