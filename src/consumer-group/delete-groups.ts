import { ClassicGroup } from './classic-group.ts'
import { consumerProtocolType } from './consumer-protocol.ts'
import { offsetsRefused } from './group-answers.ts'
import type { DeleteGroupRequest, DeleteOffsetsRequest, Ticket } from './group-events.ts'
import type { GroupRecord } from './group-record.ts'
import type { GroupRefusalCode } from './group-refusal.ts'
import { type GroupScope, noteOf, refusalOfAppend } from './group-scope.ts'
import type { Group } from './group-store.ts'
import { dropPending } from './rebalance.ts'

/** One batch of deletions stays well below any message size bound; what is deleted need not go at once. */
const deletionsPerAppend = 1_000

/** OffsetDelete: only what no member reads. */
export function deleteOffsets(scope: GroupScope, ticket: Ticket, request: DeleteOffsetsRequest): void {
  const group = scope.store.get(request.groupId)
  const refusal = group === null ? 'group-not-found' : offsetDeleteRefusal(group)
  if (group === null || refusal !== null) {
    scope.out.answer(ticket, offsetsRefused(refusal ?? 'group-not-found'))
    return
  }
  const records: GroupRecord[] = []
  const topics = request.topics.map(({ topic, partitions }) => {
    const isSubscribed = group.members.isSubscribedTo(topic)
    return {
      topic,
      partitions: partitions.map((partition) => {
        if (isSubscribed) return { partition, code: 'group-subscribed' as const }
        if (group.offsets.get(topic, partition) !== null || group.offsets.hasPending(topic, partition)) {
          records.push({ type: 'offset', groupId: group.id, topic, partition, value: null })
        }
        return { partition, code: 'ok' as const }
      }),
    }
  })
  appendDeletions(scope, records, (refused) =>
    scope.out.answer(ticket, refused === null ? { code: 'ok', topics } : offsetsRefused(refused)),
  )
}

function offsetDeleteRefusal({ members }: Group): GroupRefusalCode | null {
  // Of other protocol types the broker can't tell what members read.
  return members.state === 'Empty' || members.protocolType === consumerProtocolType ? null : 'group-not-empty'
}

/** DeleteGroups, of one group: it must be empty. */
export function deleteGroup(scope: GroupScope, ticket: Ticket, { groupId }: DeleteGroupRequest): void {
  const group = scope.store.get(groupId)
  if (group === null || group.members.state !== 'Empty') {
    scope.out.answer(ticket, { code: group === null ? 'group-not-found' : 'group-not-empty' })
    return
  }
  appendDeletions(scope, tombstonesOf(group), (refused) => {
    if (refused === null) groupDeleted(scope, group)
    scope.out.answer(ticket, { code: refused ?? 'ok' })
  })
}

/** Deletions of all the group's offsets, and then of the group. */
export function tombstonesOf(group: Group): GroupRecord[] {
  return [
    ...group.offsets.keys().map((key): GroupRecord => ({ type: 'offset', groupId: group.id, ...key, value: null })),
    { type: 'group', groupId: group.id, value: null },
  ]
}

/** The deletion is committed. A member that has come meanwhile makes it a new group, which stays. */
export function groupDeleted(scope: GroupScope, group: Group): void {
  if (group.members.state !== 'Empty') return
  scope.out.note(noteOf('group-deleted', group.members, null))
  for (const memberId of [...group.members.pendingMembers]) dropPending(scope, group.members, memberId)
  group.members = new ClassicGroup(group.id, scope.nowMs)
}

/** Appends the deletions, in several batches if there are many; `done` hears once how it ended. */
export function appendDeletions(
  scope: GroupScope,
  records: readonly GroupRecord[],
  done: (refused: GroupRefusalCode | null) => void,
): void {
  if (records.length === 0) return done(null)
  let waiting = Math.ceil(records.length / deletionsPerAppend)
  let refused: GroupRefusalCode | null = null
  const ended = (): void => {
    if (--waiting === 0) done(refused)
  }
  for (let from = 0; from < records.length; from += deletionsPerAppend) {
    scope.out.append(records.slice(from, from + deletionsPerAppend), {
      committed: ended,
      refused(code) {
        refused ??= refusalOfAppend(code)
        ended()
      },
    })
  }
}
