import type { GroupState } from './classic-group.ts'
import type { CommittedOffset } from './group-record.ts'
import { metadataOf, noBytes } from './group-member.ts'
import type { Group } from './group-store.ts'

/** A group in a list. */
export interface ListedGroup {
  readonly groupId: string
  readonly protocolType: string
  readonly state: GroupState
}

/** A group as DescribeGroups shows it. Dead: there is none of that id. */
export interface DescribedGroup {
  readonly groupId: string
  readonly state: GroupState | 'Dead'
  /** Number of the present generation, 0: there was none. */
  readonly generation: number
  readonly protocolType: string
  /** The chosen protocol, empty unless the group is stable. */
  readonly protocol: string
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    readonly clientId: string
    readonly clientHost: string
    /** Empty unless the group is stable. */
    readonly metadata: Uint8Array
    readonly assignment: Uint8Array
  }[]
}

export interface FetchedTopic {
  readonly topic: string
  /** Null: nothing is committed for the partition. */
  readonly partitions: readonly { readonly partition: number; readonly committed: CommittedOffset | null }[]
}

export function listed({ id, members }: Group): ListedGroup {
  return { groupId: id, protocolType: members.protocolType ?? '', state: members.state }
}

export function described(groupId: string, group: Group | null): DescribedGroup {
  if (group === null) return { groupId, state: 'Dead', generation: 0, protocolType: '', protocol: '', members: [] }
  const { members } = group
  const isStable = members.state === 'Stable'
  return {
    groupId,
    state: members.state,
    generation: members.generation,
    protocolType: members.protocolType ?? '',
    protocol: isStable ? (members.protocol ?? '') : '',
    members: [...members.members.values()].map((member) => ({
      memberId: member.id,
      instanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      metadata: isStable ? metadataOf(member, members.protocol) : noBytes,
      assignment: member.assignment,
    })),
  }
}

/** `topics` null: everything that is committed. */
export function fetched(
  group: Group | null,
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null,
): FetchedTopic[] {
  if (topics !== null) {
    return topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((partition) => ({
        partition,
        committed: group?.offsets.get(topic, partition) ?? null,
      })),
    }))
  }
  return [...(group?.offsets.committed() ?? [])].map(([topic, partitions]) => ({
    topic,
    partitions: [...partitions].map(([partition, committed]) => ({ partition, committed })),
  }))
}
