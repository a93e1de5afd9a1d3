import { array, decode, encodeVersioned, message } from '../src/codec/message.ts'
import { Reader } from '../src/codec/reader.ts'

/** What a member of a cooperative group says of itself (KIP-429): what it wants, and what it holds on to meanwhile. */
const ownedTopic = message({
  topic: { type: 'string', about: 'The topic.' },
  partitions: { type: array('int32'), about: 'Partitions that the member owns at present.' },
})

const subscription = message({
  topics: { type: array('string'), about: 'Topics that the member wants.' },
  userData: { type: 'bytes', nullableSince: 0, default: null, about: 'Here: which wish of the member it is.' },
  ownedPartitions: { type: array(ownedTopic), since: 1, about: 'By topic.' },
})

/** First version with what is owned. */
const version = 1

/** `owned` as `topic/partition`; `wish` makes one subscription differ from the next. */
export function encodeOwning(topics: readonly string[], owned: readonly string[], wish: number): Uint8Array {
  const ownedPartitions = owned.map((partition) => {
    const [topic = '', index] = partition.split('/')
    return { topic, partitions: [Number(index)] }
  })
  return encodeVersioned(subscription, { topics, userData: Buffer.from([wish & 0xff]), ownedPartitions }, version)
}

export function ownedIn(metadata: Uint8Array): string[] {
  const reader = new Reader(metadata)
  reader.skip(2)
  const { ownedPartitions } = decode(subscription, reader, version)
  return ownedPartitions.flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}/${partition}`))
}

/**
 * Shares the partitions evenly and moves as few as possible. One that is to move goes to nobody yet: its owner gives it up
 * and joins again, and the round after that gives it away.
 */
export function shareCooperatively(
  members: readonly { readonly memberId: string; readonly owned: readonly string[] }[],
  partitions: readonly string[],
): Map<string, string[]> {
  const owner = new Map(
    members.flatMap(({ memberId, owned }) => owned.map((partition) => [partition, memberId] as const)),
  )
  const share = Math.ceil(partitions.length / members.length)
  const planned = new Map(members.map(({ memberId }) => [memberId, 0]))
  const given = new Map(members.map(({ memberId }): [string, string[]] => [memberId, []]))
  const others: string[] = []
  for (const partition of partitions) {
    const memberId = owner.get(partition) ?? ''
    const count = planned.get(memberId) ?? share
    if (count >= share) others.push(partition)
    else {
      planned.set(memberId, count + 1)
      given.get(memberId)?.push(partition)
    }
  }
  for (const partition of others) {
    const [least] = [...planned].sort(([, one], [, other]) => one - other)
    if (least === undefined) break
    planned.set(least[0], least[1] + 1)
    if (!owner.has(partition)) given.get(least[0])?.push(partition)
  }
  return given
}
