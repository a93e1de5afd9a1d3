import type { CommittedOffset, GroupRecord } from './group-record.ts'
import { appendDeletions, groupDeleted, tombstonesOf } from './delete-groups.ts'
import type { GroupScope } from './group-scope.ts'
import type { Group } from './group-store.ts'

/** Deletes the offsets that have outlived their retention (KIP-211), and the groups of which nothing is left. */
export function expireOffsets(scope: GroupScope): void {
  for (const group of [...scope.store.all()]) {
    const expired = expiredOf(scope, group)
    const isLeftEmpty = expired.length === group.offsets.keys().length
    const { members } = group
    if (isLeftEmpty && members.state === 'Empty' && members.pendingMembers.size === 0) {
      appendDeletions(scope, tombstonesOf(group), (refused) => {
        if (refused === null) groupDeleted(scope, group)
      })
    } else if (expired.length > 0) {
      scope.out.note({
        what: 'offsets-expired',
        groupId: group.id,
        generation: members.generation,
        members: members.members.size,
        reason: `${expired.length} offsets`,
      })
      appendDeletions(scope, expired, () => {})
    }
  }
}

/** Offsets of topics that are gone, whoever used them. */
export function dropTopics(scope: GroupScope, topics: ReadonlySet<string>): void {
  for (const group of [...scope.store.all()]) {
    const records = group.offsets
      .keys(topics)
      .map((key): GroupRecord => ({ type: 'offset', groupId: group.id, ...key, value: null }))
    appendDeletions(scope, records, () => {})
  }
}

function expiredOf({ settings, nowMs }: GroupScope, group: Group): GroupRecord[] {
  const since = retainedSince(group)
  if (since === null) return []
  const expired: GroupRecord[] = []
  for (const [topic, partitions] of group.offsets.committed()) {
    if (group.members.isSubscribedTo(topic)) continue
    for (const [partition, offset] of partitions) {
      // A commit on its way renews it.
      if (group.offsets.hasPending(topic, partition)) continue
      const isExpired =
        offset.expireTimestamp >= 0
          ? nowMs >= offset.expireTimestamp
          : nowMs - since(offset) >= settings.offsetsRetentionMs
      if (isExpired) expired.push({ type: 'offset', groupId: group.id, topic, partition, value: null })
    }
  }
  return expired
}

/** From when on an offset's retention runs; null: it does not run now. */
function retainedSince({ members }: Group): ((offset: CommittedOffset) => number) | null {
  const sinceCommit = (offset: CommittedOffset): number => offset.commitTimestamp
  // A group that never had members: each offset by itself.
  if (members.protocolType === null) return sinceCommit
  if (members.state === 'Empty') {
    // Old records don't say since when the group is empty.
    return members.stateTimestamp >= 0 ? () => members.stateTimestamp : sinceCommit
  }
  // Members are there: only what they don't read, and only if that is known.
  return members.state === 'Stable' && members.knowsSubscribedTopics ? sinceCommit : null
}
