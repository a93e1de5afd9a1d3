import type { ClassicGroup } from './classic-group.ts'
import type { GroupNote } from './group-events.ts'
import type { GroupSettings } from './group-settings.ts'
import type { GroupStore } from './group-store.ts'
import type { Outbox } from './outbox.ts'
import type { GroupRefusalCode } from './group-refusal.ts'
import type { AppendRefusalCode } from './offsets-topic.ts'

/** What the parts of one coordinator share during a step. */
export interface GroupScope {
  readonly store: GroupStore
  readonly out: Outbox
  readonly settings: GroupSettings
  /** Wall clock of the event, ms since 1970. */
  nowMs: number
}

export function noteOf(what: GroupNote['what'], group: ClassicGroup, reason: string | null): GroupNote {
  return { what, groupId: group.id, generation: group.generation, members: group.members.size, reason }
}

/** What a failed append of a group's record means for those who wait for it. */
export function refusalOfAppend(code: AppendRefusalCode): GroupRefusalCode {
  return refusals[code]
}

const refusals = {
  'not-leader': 'not-coordinator',
  // The disk will not come back by waiting: the client should look for another coordinator.
  'storage-failed': 'not-coordinator',
  'not-enough-replicas': 'coordinator-not-available',
  'too-large': 'group-too-large',
} as const satisfies Record<AppendRefusalCode, GroupRefusalCode>
