import type { Broker } from '../../broker/broker.ts'
import type { FetchTurn, PartitionFacts, SessionRefusal } from '../../broker/fetch-sessions.ts'
import { type PartitionRead, partitionRead, type ReadTarget, WaitingRead } from '../../broker/read-path.ts'
import type { FetchPartition } from '../../broker/session-partitions.ts'
import type { RequestOf, ResponseInputOf } from '../../codec/api.ts'
import { zeroUuid } from '../../codec/uuid.ts'
import type { TopicImage } from '../../metadata/image.ts'
import { isCommitLog } from '../../metadata/topic-name.ts'
import { endOffsetFor } from '../../replica/epoch-end.ts'
import { Replica } from '../../replica/replica.ts'
import type { ServedPartition } from '../../replica/served-partition.ts'
import type { BrokerId } from '../../replication/replica-id.ts'
import { kafkaErrors } from '../errors.ts'
import { handler, type RequestContext } from '../handler.ts'
import { refusalErrors } from '../refusal-errors.ts'
import { fetch } from '../schema/fetch.ts'
import { topicOfRequest } from '../topic-of-request.ts'

type Request = RequestOf<typeof fetch>
type Response = ResponseInputOf<typeof fetch>
type PartitionResponse = NonNullable<NonNullable<NonNullable<Response['responses']>[number]['partitions']>[number]>

/** What a fetch holds of memory for each of its partitions, measured (410): some objects. */
const waitingBytesEach = 450

/** One partition of the fetch at hand that can be read. */
interface Found extends ReadTarget {
  readonly wish: FetchPartition
}

/** One that cannot, and the error that stands in its place. */
interface Missing {
  readonly wish: FetchPartition
  readonly errorCode: number
}

/** One that is led here, and that the consumer is to read on elsewhere. */
interface Elsewhere {
  readonly wish: FetchPartition
  readonly leader: ServedPartition
  readonly nearest: BrokerId
}

type Wanted = Found | Missing | Elsewhere

/** From here on a consumer knows what to do when it is sent to a replica that is nearer (KIP-392). */
const sentNearSince = 11

const sessionErrors = {
  'session-not-found': kafkaErrors.FETCH_SESSION_ID_NOT_FOUND.code,
  'session-epoch-invalid': kafkaErrors.INVALID_FETCH_SESSION_EPOCH.code,
  'session-topic-id-mismatch': kafkaErrors.FETCH_SESSION_TOPIC_ID_ERROR.code,
} as const satisfies Record<SessionRefusal['code'], number>

/**
 * Reads whole record batches, waiting for some where there are none. Versions 4 to 18: v7 has sessions, v9 the caller's leader
 * epoch, v11 its rack, for which it may be sent to a replica in it, v12 is flexible and tells a log that has gone another way where to cut, v13 names topics by id. Replica fetches
 * (a replica id of 0 or more) do not come by this listener: brokers have a stream of their own.
 */
export const fetchHandler = (broker: Broker) =>
  handler(fetch, async (request, context): Promise<Response | null> => {
    const byTopicId = context.version >= 13
    const turn = broker.fetchSessions.begin({
      sessionId: request.sessionId,
      sessionEpoch: context.version >= 7 ? request.sessionEpoch : -1,
      byTopicId,
      partitions: request.topics.flatMap((topic) => partitionsOf(topic, byTopicId)),
      forgotten: request.forgottenTopicsData.flatMap((topic) =>
        topic.partitions.map((index) => ({ topic: byTopicId ? topic.topicId : topic.topic, index })),
      ),
    })
    if ('code' in turn) return { errorCode: sessionErrors[turn.code] }
    const wanted = wantedOf(broker, turn.partitions, { byTopicId, rack: request.rackId })
    const reads = await read(broker, { request, context, wanted })
    if (reads === null) return null
    return respond({
      wanted,
      reads,
      turn,
      byTopicId,
      withSessions: context.version >= 7,
      committedOnly: request.isolationLevel === 1,
    })
  })

function partitionsOf(topic: Request['topics'][number], byTopicId: boolean): FetchPartition[] {
  const name = byTopicId ? topic.topicId : topic.topic
  return topic.partitions.map((partition) => ({
    topic: name,
    index: partition.partition,
    from: partition.fetchOffset,
    maxBytes: partition.partitionMaxBytes,
    leaderEpoch: partition.currentLeaderEpoch,
    lastFetchedEpoch: partition.lastFetchedEpoch,
  }))
}

function wantedOf(
  broker: Broker,
  partitions: readonly FetchPartition[],
  { byTopicId, rack }: { byTopicId: boolean; rack: string },
): Wanted[] {
  let named: string | null = null
  let topic: TopicImage | number = 0
  return partitions.map((wish) => {
    // Those of one topic mostly stand together.
    if (wish.topic !== named) {
      named = wish.topic
      topic = topicOfRequest(broker, { name: named, id: byTopicId ? named : zeroUuid, byId: byTopicId })
    }
    if (typeof topic === 'number') return { wish, errorCode: topic }
    if (isCommitLog(topic.name)) return { wish, errorCode: kafkaErrors.INVALID_TOPIC_EXCEPTION.code }
    const replica = broker.servedOf(topic.name, wish.index)
    if (replica === null) return { wish, errorCode: refusalErrors[broker.absenceOf(topic.name, wish.index)] }
    const nearest = rack === '' ? null : broker.nearestOf(replica, rack, wish.from)
    return nearest === null ? { wish, replica } : { wish, leader: replica, nearest }
  })
}

const isFound = (wanted: Wanted): wanted is Found => 'replica' in wanted

/** The reads, in the order of `wanted`; null where there is no replica to read. Null at all: the client is gone. */
async function read(
  broker: Broker,
  fetchOf: { request: Request; context: RequestContext; wanted: readonly Wanted[] },
): Promise<readonly (PartitionRead | null)[] | null> {
  const { request, context, wanted } = fetchOf
  const targets = wanted.every(isFound) ? wanted : wanted.filter(isFound)
  // With an error, or another place, to tell at once there is nothing to wait for.
  const refused = targets.length < wanted.length
  const mayWait = context.mayWaitWith(targets.length * waitingBytesEach) && !refused && wanted.length > 0
  const reading = new WaitingRead(broker.clock, targets, {
    minBytes: request.minBytes,
    maxWaitMs: mayWait ? request.maxWaitMs : 0,
    maxBytes: Math.min(request.maxBytes, broker.config.fetchMaxBytes),
    committedTransactionsOnly: request.isolationLevel === 1,
    mayBeNear: context.version >= sentNearSince,
    memory: context.answerMemory,
  })
  context.ifClosed(() => reading.abandon())
  const result = await reading.run()
  if (result === null) return null
  const { partitions, bytes } = result
  context.afterSent(() => {
    for (const partition of partitions) if (!('code' in partition)) partition.slice?.release()
  }, bytes)
  if (!refused) return partitions
  let next = 0
  return wanted.map((each) => {
    if (isFound(each)) return partitions[next++] ?? null
    return 'nearest' in each ? standingOf(each) : null
  })
}

/** Where the log stands, for a consumer that reads on elsewhere. */
function standingOf({ leader, wish: { from, leaderEpoch } }: Elsewhere): PartitionRead {
  const asked = { from, leaderEpoch, maxBytes: 0, minOneBatch: false, committedTransactionsOnly: false }
  const answer = leader.read(asked)
  return 'code' in answer ? answer : partitionRead(answer, null)
}

function respond(answer: {
  wanted: readonly Wanted[]
  reads: readonly (PartitionRead | null)[]
  turn: FetchTurn
  byTopicId: boolean
  withSessions: boolean
  committedOnly: boolean
}): Response {
  const { wanted, reads, turn, byTopicId } = answer
  const { sessionId, send } = turn.finish((nth) => factsOf(wanted[nth], reads[nth] ?? null))
  const topics = new Map<string, PartitionResponse[]>()
  for (const [nth, each] of wanted.entries()) {
    if (send !== null && send[nth] !== true) continue
    const { topic } = each.wish
    let list = topics.get(topic)
    if (list === undefined) topics.set(topic, (list = []))
    list.push(partitionResponse(each, reads[nth] ?? null, answer.committedOnly))
  }
  return {
    errorCode: kafkaErrors.NONE.code,
    sessionId: answer.withSessions ? sessionId : 0,
    responses: [...topics].map(([topic, list]) => ({
      ...(byTopicId ? { topicId: topic } : { topic }),
      partitions: list,
    })),
  }
}

function partitionResponse(wanted: Wanted, read: PartitionRead | null, committedOnly: boolean): PartitionResponse {
  const partitionIndex = wanted.wish.index
  if ('errorCode' in wanted) return failed(partitionIndex, wanted.errorCode)
  if (read === null) return failed(partitionIndex, kafkaErrors.UNKNOWN_SERVER_ERROR.code)
  if ('code' in read) {
    return { ...failed(partitionIndex, refusalErrors[read.code]), abortedTransactions: null }
  }
  const { highWatermark, lastStableOffset, logStartOffset, aborted, slice } = read
  const diverging = isFound(wanted) ? divergence(wanted) : null
  // Nothing at all is common with a log whose newest epoch this one has never heard of.
  if (diverging !== null && diverging.epoch < 0) {
    return { ...failed(partitionIndex, kafkaErrors.OFFSET_OUT_OF_RANGE.code), abortedTransactions: null }
  }
  const answer = {
    partitionIndex,
    errorCode: kafkaErrors.NONE.code,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    abortedTransactions: committedOnly ? aborted : null,
    records: diverging === null && slice !== null ? slice.buffers : noRecords,
  }
  if (!isFound(wanted)) return { ...answer, preferredReadReplica: wanted.nearest }
  return diverging === null ? answer : { ...answer, divergingEpoch: diverging }
}

const noRecords: readonly Uint8Array[] = []

const failed = (partitionIndex: number, errorCode: number): PartitionResponse => ({
  partitionIndex,
  errorCode,
  highWatermark: -1,
  lastStableOffset: -1,
  logStartOffset: -1,
  // As Kafka has it: empty for what is not there, null for what cannot be read.
  abortedTransactions: [],
  records: [],
})

/** Where the caller's log left this one, if it did: the end of the newest epoch that both have (KIP-595). */
function divergence({ replica, wish }: Found): { epoch: number; endOffset: number } | null {
  // Of a replica that follows it is not known whether it has less, or something else.
  // Of a queue it takes a look at the disk: whoever reads one asks where epochs end.
  if (wish.lastFetchedEpoch < 0 || !replica.leads || !(replica instanceof Replica)) return null
  const common = endOffsetFor(replica.log, wish.lastFetchedEpoch)
  const same = common.epoch === wish.lastFetchedEpoch && common.endOffset >= wish.from
  return same ? null : common
}

/** What sends a consumer elsewhere is told each time, as an error is. */
function factsOf(wanted: Wanted | undefined, read: PartitionRead | null): PartitionFacts {
  if (read === null || 'code' in read) return { highWatermark: -1, logStartOffset: -1, bytes: 0, failed: true }
  const { highWatermark, logStartOffset, slice } = read
  return {
    highWatermark,
    logStartOffset,
    bytes: slice?.bytes ?? 0,
    failed: wanted !== undefined && 'nearest' in wanted,
  }
}
