import type { ClassicGroup } from './classic-group.ts'
import { offsetsRefused } from './group-answers.ts'
import type { CommitRequest, OffsetsAnswer, Ticket } from './group-events.ts'
import type { GroupRecord } from './group-record.ts'
import type { GroupRefusalCode } from './group-refusal.ts'
import { type GroupScope, refusalOfAppend } from './group-scope.ts'
import { startSession } from './rebalance.ts'

/** OffsetCommit: answered, and visible to reads, once the records are committed. */
export function commitOffsets(scope: GroupScope, ticket: Ticket, request: CommitRequest): void {
  const refusal = refusalOf(scope, request)
  if (refusal !== null) {
    scope.out.answer(ticket, offsetsRefused(refusal))
    return
  }
  const group = scope.store.getOrCreate(request.groupId, scope.nowMs).members
  const member = group.member(request.memberId)
  // In the other states the rebalance's own timers watch the member.
  if (member !== null && (group.state === 'Stable' || group.state === 'PreparingRebalance')) {
    startSession(scope, group, member)
  }
  const { records, answer } = recordsOf(scope, request)
  if (records.length === 0) {
    scope.out.answer(ticket, answer)
    return
  }
  scope.out.append(records, {
    committed() {
      scope.out.answer(ticket, answer)
    },
    refused(code) {
      const refused = code === 'too-large' ? 'commit-too-large' : refusalOfAppend(code)
      scope.out.answer(ticket, {
        code: 'ok',
        topics: answer.topics.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map(({ partition, code: own }) => ({
            partition,
            code: own === 'ok' ? refused : own,
          })),
        })),
      })
    },
  })
}

function refusalOf(scope: GroupScope, request: CommitRequest): GroupRefusalCode | null {
  const group = scope.store.get(request.groupId)?.members
  if (group !== undefined) return fencing(group, request)
  // Without a generation it is a client that uses the group to keep offsets in: the group is made.
  if (request.generation < 0) return null
  return request.knowsGroupNotFound ? 'group-not-found' : 'illegal-generation'
}

function fencing(group: ClassicGroup, request: CommitRequest): GroupRefusalCode | null {
  if (request.generation < 0 && group.state === 'Empty') return null
  if (request.generation >= 0 || request.memberId !== '' || request.instanceId !== null) {
    const refusal = group.validate(request.memberId, request.instanceId)
    if (refusal !== null) return refusal
    if (request.generation !== group.generation) return 'illegal-generation'
  } else {
    return 'unknown-member'
  }
  // The member knows the new generation and not yet its assignment: what it commits may be another's by now.
  return group.state === 'CompletingRebalance' ? 'rebalance-in-progress' : null
}

function recordsOf(
  scope: GroupScope,
  request: CommitRequest,
): { records: GroupRecord[]; answer: OffsetsAnswer & { code: 'ok' } } {
  const records: GroupRecord[] = []
  const expireTimestamp = request.retentionMs < 0 ? -1 : scope.nowMs + request.retentionMs
  const topics = request.topics.map(({ topic, topicId, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, offset, leaderEpoch, metadata }) => {
      if ((metadata?.length ?? 0) > scope.settings.offsetMetadataMax) {
        return { partition, code: 'offset-metadata-too-large' as const }
      }
      const value = {
        offset,
        leaderEpoch,
        metadata: metadata ?? '',
        commitTimestamp: scope.nowMs,
        expireTimestamp,
        topicId,
      }
      records.push({ type: 'offset', groupId: request.groupId, topic, partition, value })
      return { partition, code: 'ok' as const }
    }),
  }))
  return { records, answer: { code: 'ok', topics } }
}
