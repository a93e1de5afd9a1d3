import type { SimRandom } from '../src/runtime/sim/sim-random.ts'

/** One member of the group that shares the partitions. */
export interface PlannedMember {
  readonly name: string
  /** `group.instance.id` of a static member, which keeps its place over restarts; null: a dynamic one. */
  readonly instanceId: string | null
}

/** The group whose members share the partitions of the first topics. */
export interface PlannedMembers {
  readonly group: string
  readonly members: readonly PlannedMember[]
  /** They keep what they own through a rebalance (KIP-429); false: they give up all of it first. */
  readonly cooperative: boolean
  /** `group.max.size`, null: without a bound that matters. */
  readonly sizeMax: number | null
}

/** What becomes of a member. All but the last two come back, as another process. */
export type MemberFate =
  /** It says that it leaves. */
  | 'leave'
  /** Its process is gone, whatever it was doing. */
  | 'die'
  /** … while it waits for the answer to its JoinGroup. */
  | 'die joining'
  /** … when it has that answer, before its SyncGroup. */
  | 'die joined'
  /** … while it waits for the answer to its SyncGroup. */
  | 'die syncing'
  /** It wants something else: it joins again, which calls all the others. */
  | 'join again'
  /** It is silent for longer than its session, and goes on. */
  | 'pause'

/** Some members at once, or one after the other. */
export interface PlannedStorm {
  readonly do: 'members'
  readonly fates: readonly { readonly member: number; readonly fate: MemberFate; readonly afterMs: number }[]
  /** How long those that are gone stay away. */
  readonly backMs: number
}

const fates: readonly MemberFate[] = ['leave', 'die', 'die joining', 'die joined', 'die syncing', 'join again', 'pause']

export function membersOf(random: SimRandom): PlannedMembers {
  const count = random.pick([0, 1, 2, 3, 3, 5, 7])
  const staticShare = random.pick([0, 0, 0.5, 1])
  const members = Array.from({ length: count }, (_, at) => ({
    name: `member-${at + 1}`,
    instanceId: random.chance(staticShare) ? `instance-${at + 1}` : null,
  }))
  const sizeMax = random.chance(0.2) ? 4 : null
  return { group: 'members', members, cooperative: random.chance(0.4), sizeMax }
}

/** By Kafka's names: what of a broker's settings the members' group needs. */
export function groupSettingsOf(random: SimRandom, { sizeMax }: PlannedMembers): Record<string, string> {
  return {
    'group.initial.rebalance.delay.ms': random.pick(['0', '0', '100']),
    ...(sizeMax === null ? {} : { 'group.max.size': `${sizeMax}` }),
  }
}

/** A storm: some of the members, within a moment or a while, each to its own fate or all to the same. */
export function stormOf(random: SimRandom, { members }: PlannedMembers): PlannedStorm {
  const spreadMs = random.pick([0, 20, 300])
  const same = random.chance(0.3) ? random.pick(fates) : null
  const share = random.pick([0.3, 0.6, 1])
  const struck = members.flatMap((_, member) => {
    if (!random.chance(share)) return []
    return [{ member, fate: same ?? random.pick(fates), afterMs: random.between(0, spreadMs) }]
  })
  return { do: 'members', fates: struck, backMs: random.between(0, random.pick([10, 300, 2000])) }
}

/** All leave at once. `emptyAfterMs`: so long after it the group is empty, if its coordinator lives; for some seconds. */
export function exodusOf(
  random: SimRandom,
  { members }: PlannedMembers,
): { readonly storm: PlannedStorm; readonly emptyAfterMs: number } {
  const fate = random.pick(['leave', 'die'] as const)
  const fates = members.map((_, member) => ({ member, fate, afterMs: 0 }))
  // Who has said nothing is a member until its session is over.
  const emptyAfterMs = fate === 'leave' ? 100 : 1_700
  return { storm: { do: 'members', fates, backMs: emptyAfterMs + random.between(2_500, 5_000) }, emptyAfterMs }
}
