import { check, makeRecords, type ReadRecord, requireOrderPerKey, type SentRecord } from '../records.ts'
import type { CaseContext } from './case.ts'
import { GroupMember, type MemberOptions } from './group-member.ts'

const total = 1000

/** A group at work on a topic of its own: its members, and records that are sent while they come and go. */
export class GroupWork {
  readonly members: GroupMember[] = []
  readonly #context: CaseContext
  readonly #sent: SentRecord[]
  #given = 0

  private constructor(context: CaseContext) {
    this.#context = context
    this.#sent = makeRecords({ count: total, headerRun: context.client.program.headersPerRecord ? 1 : 500 })
  }

  /** Makes the topic, gives the group to `story`, and ends all members that are left. */
  static async with<T>(context: CaseContext, partitions: number, story: (work: GroupWork) => Promise<T>): Promise<T> {
    await context.createTopic(partitions)
    const work = new GroupWork(context)
    try {
      return await story(work)
    } finally {
      await Promise.all(work.members.map((member) => member.end()))
    }
  }

  join(options: MemberOptions): GroupMember {
    const member = new GroupMember(this.#context, options)
    this.members.push(member)
    return member
  }

  /** Waits until the members hold these numbers of partitions, `total` in all and none twice. */
  async assigned(partitions: number, ...counts: readonly (readonly [GroupMember, number])[]): Promise<void> {
    await this.#context.until(
      () => `assignments of ${counts.map(([, count]) => count).join(' + ')}, not ${this.members.join(', ')}`,
      () => counts.every(([member, count]) => member.assigned?.length === count),
    )
    const held = new Set(counts.flatMap(([member]) => member.assigned ?? []))
    check(held.size === partitions, `no partition is given to two: ${this.members.join(', ')}`)
  }

  /** Sends records up to this many in all and waits until each was seen by a member. */
  async sendUpTo(to: number): Promise<void> {
    const { client, topic, until } = this.#context
    await client.produce(topic, this.#sent.slice(this.#given, to))
    this.#given = to
    const seen = (): number => new Set(this.members.flatMap(({ records }) => records.map(({ value }) => value))).size
    await until(
      () => `all of the first ${to} records are seen, not ${seen()}: ${this.members.join(', ')}`,
      () => seen() === to,
    )
  }

  /** How many records were seen twice; throws when one offset had two values or a key's order was broken. */
  duplicates(): number {
    const once = new Map<string, ReadRecord>()
    let duplicates = 0
    for (const record of this.members.flatMap(({ records }) => records)) {
      const at = `${record.partition}@${record.offset}`
      const before = once.get(at)
      if (before !== undefined) {
        check(before.value === record.value, `${at} was read with two values`)
        duplicates++
      }
      once.set(at, record)
    }
    requireOrderPerKey(this.#sent, [...once.values()])
    return duplicates
  }
}
