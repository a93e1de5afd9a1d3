import type { TopicPartition } from './offsets.ts'

export interface Subscription {
  readonly memberId: string
  readonly topics: readonly string[]
}

/** Who gets which partitions. Every partition of a topic that somebody wants goes to exactly one who wants it. */
export interface Assignor {
  /** Kafka's name of it: members of other clients that offer the same one can be in the group. */
  readonly name: string
  assign(members: readonly Subscription[], partitionsOf: ReadonlyMap<string, number>): Map<string, TopicPartition[]>
}

/** Topic by topic, each member a run of neighbouring partitions; the first members get one more if it does not divide. */
export const rangeAssignor: Assignor = {
  name: 'range',
  assign(members, partitionsOf) {
    const assigned = emptyFor(members)
    for (const [topic, count] of [...partitionsOf].sort(byName)) {
      const takers = ordered(members).filter((member) => member.topics.includes(topic))
      takers.forEach((member, index) => {
        const each = Math.floor(count / takers.length)
        const more = count % takers.length
        const from = each * index + Math.min(index, more)
        const upTo = from + each + (index < more ? 1 : 0)
        for (let partition = from; partition < upTo; partition++)
          assigned.get(member.memberId)?.push({ topic, partition })
      })
    }
    return assigned
  },
}

/** All partitions dealt out one by one. */
export const roundRobinAssignor: Assignor = {
  name: 'roundrobin',
  assign(members, partitionsOf) {
    const assigned = emptyFor(members)
    const takers = ordered(members)
    let turn = 0
    for (const [topic, count] of [...partitionsOf].sort(byName)) {
      if (!takers.some((member) => member.topics.includes(topic))) continue
      for (let partition = 0; partition < count; partition++) {
        while (!takers[turn % takers.length]?.topics.includes(topic)) turn++
        assigned.get(takers[turn % takers.length]?.memberId ?? '')?.push({ topic, partition })
        turn++
      }
    }
    return assigned
  },
}

function emptyFor(members: readonly Subscription[]): Map<string, TopicPartition[]> {
  return new Map(members.map(({ memberId }) => [memberId, []]))
}

function ordered(members: readonly Subscription[]): Subscription[] {
  return [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
}

function byName(a: readonly [string, number], b: readonly [string, number]): number {
  return a[0] < b[0] ? -1 : 1
}
