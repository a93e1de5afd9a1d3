import type { AppendOutcome } from '../../broker/append-path.ts'
import type { Broker } from '../../broker/broker.ts'
import { asBuffer } from '../../codec/as-buffer.ts'
import { compressionTypes } from '../../codec/compression.ts'
import { BatchHeader, batchHeaderBytes } from '../../record/batch-header.ts'
import { kafkaErrors } from '../errors.ts'
import { handler, type RequestContext } from '../handler.ts'
import { type RefusalCode, refusalErrors } from '../refusal-errors.ts'
import { produce } from '../schema/produce.ts'
import { topicOfRequest } from '../topic-of-request.ts'
import type { RequestOf } from '../../codec/api.ts'

type Request = RequestOf<typeof produce>
type PartitionData = Request['topicData'][number]['partitionData'][number]

interface PartitionAnswer {
  readonly index: number
  readonly errorCode: number
  readonly baseOffset?: number
  readonly logAppendTimeMs?: number
  readonly logStartOffset?: number
  readonly errorMessage?: string | null
  readonly recordErrors?: readonly { readonly batchIndex: number; readonly batchIndexErrorMessage: string }[]
}

/**
 * Appends one record batch to each partition named and answers when each is as safe as `acks` asks. Versions 3 to 13, of which
 * v9 is flexible, v10 may name the new leader (left out by a cluster of one), v13 names topics by id.
 * All batches are given their place before the first wait, so that requests of one connection keep their order.
 */
export const produceHandler = (broker: Broker) =>
  handler(produce, (request, context) => {
    const topics = request.topicData.map((data) => {
      const topic = topicOfRequest(broker, { name: data.name, id: data.topicId, byId: context.version >= 13 })
      return {
        name: data.name,
        topicId: data.topicId,
        partitions: data.partitionData.map((partition) => appendOne(broker, { request, topic, partition, context })),
      }
    })
    if (request.acks === 0) return answerNothing(topics, context)
    const answers = topics.map(async ({ partitions, ...topic }) => ({
      ...topic,
      partitionResponses: await allOf(partitions),
    }))
    return Promise.all(answers).then((responses) => ({ responses }))
  })

function appendOne(
  broker: Broker,
  {
    request,
    topic,
    partition,
    context,
  }: {
    request: Request
    topic: ReturnType<typeof topicOfRequest>
    partition: PartitionData
    context: RequestContext
  },
): PartitionAnswer | Promise<PartitionAnswer> {
  const { index, records } = partition
  if (typeof topic !== 'object') return refused(index, topic)
  if (![-1, 0, 1].includes(request.acks)) return refused(index, kafkaErrors.INVALID_REQUIRED_ACKS.code)
  if (request.transactionalId !== null) {
    return refused(index, kafkaErrors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.code)
  }
  if (records === null) return refused(index, kafkaErrors.INVALID_RECORD.code)
  if (context.version < zstdSince && saysZstd(records)) {
    return refused(index, kafkaErrors.UNSUPPORTED_COMPRESSION_TYPE.code)
  }
  const { acks, timeoutMs } = request
  const { clientId } = context
  const outcome = broker.append({ topic: topic.name, partition: index, batches: records, acks, timeoutMs, clientId })
  return outcome instanceof Promise ? outcome.then((settled) => answerOf(index, settled)) : answerOf(index, outcome)
}

/** Whoever asks in an older version could not read it back. */
const zstdSince = 7

function saysZstd(records: Uint8Array): boolean {
  return (
    records.length >= batchHeaderBytes && new BatchHeader(asBuffer(records)).codec === compressionTypes.indexOf('zstd')
  )
}

const refused = (index: number, errorCode: number): PartitionAnswer => ({ index, errorCode, baseOffset: -1 })

function answerOf(index: number, outcome: AppendOutcome): PartitionAnswer {
  if ('code' in outcome) {
    const code: RefusalCode = outcome.code
    return {
      index,
      errorCode: refusalErrors[code],
      baseOffset: -1,
      errorMessage: 'reason' in outcome ? outcome.reason : null,
      recordErrors: recordErrorsOf(outcome),
    }
  }
  const { baseOffset, logAppendTime, logStartOffset } = outcome
  return { index, errorCode: kafkaErrors.NONE.code, baseOffset, logAppendTimeMs: logAppendTime, logStartOffset }
}

function recordErrorsOf(outcome: AppendOutcome) {
  const records = 'records' in outcome ? (outcome.records ?? []) : []
  return records.map(({ index, reason }) => ({ batchIndex: index, batchIndexErrorMessage: reason }))
}

/**
 * acks=0: nothing is sent back, but a client whose records were refused must notice, so its connection is closed. Done once all is
 * stored: until then the request counts against the bound on memory, or a fast client could outrun the disk.
 */
async function answerNothing(
  topics: readonly { partitions: readonly (PartitionAnswer | Promise<PartitionAnswer>)[] }[],
  context: RequestContext,
): Promise<null> {
  for (const answer of await allOf(topics.flatMap(({ partitions }) => partitions))) {
    if (answer.errorCode === kafkaErrors.NONE.code) continue
    context.hangUp(`a produce with acks=0 was refused with error ${answer.errorCode}`)
    return null
  }
  return null
}

/** As `Promise.all`, for answers of which some are there already. */
async function allOf(answers: readonly (PartitionAnswer | Promise<PartitionAnswer>)[]): Promise<PartitionAnswer[]> {
  const settled: PartitionAnswer[] = []
  for (const answer of answers) settled.push(answer instanceof Promise ? await answer : answer)
  return settled
}
