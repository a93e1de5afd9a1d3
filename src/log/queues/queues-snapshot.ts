import { crc32c } from '../../codec/crc32c.ts'
import { MalformedInput } from '../../codec/malformed-input.ts'
import { array, decodeVersioned, encodeVersioned, type MessageOf, message } from '../../codec/message.ts'

const pendingStart = message({
  groupEnd: { type: 'int64', about: 'Group offset behind the entry that says it: it counts once that is committed.' },
  startOffset: { type: 'int64', about: 'First queue offset that is kept then.' },
})

const reach = message({
  firstOffset: { type: 'int64', about: 'Queue offset at which the newest file of the consume queue begins.' },
  entries: { type: 'int32', about: 'Entries in that file.' },
})

const savedQueue = message({
  topicId: { type: 'uuid', about: 'Topic that the queue is of.' },
  partition: { type: 'int32', about: 'Partition of the topic that the queue is.' },
  startOffset: { type: 'int64', about: 'First queue offset that is kept.' },
  endOffset: { type: 'int64', about: 'Queue offset that the next record gets.' },
  toldUpTo: { type: 'int64', about: 'Group offset behind the last entry of the log that tells where the queue ends.' },
  maxTimestamp: { type: 'int64', about: 'Largest timestamp of the queue.' },
  pendingStarts: { type: array(pendingStart), about: 'Starts that were not committed.' },
  reach: { type: reach, nullableSince: 0, default: null, about: 'How far the consume queue reaches.' },
  producers: { type: 'bytes', about: "The queue's producers, in Kafka's snapshot format." },
})

const queuesSnapshot = message(
  {
    beginsFor: { type: 'int64', about: 'Beginning of the log that the starts of the queues go by.' },
    queues: { type: array(savedQueue), about: 'All queues that the log tells of.' },
  },
  { versions: [0, 0] },
)

export type SavedQueue = MessageOf<typeof savedQueue>
export type QueuesSnapshot = MessageOf<typeof queuesSnapshot>

/** All queues of a commit log as of one group offset: version and fields, behind their CRC-32C. */
export function encodeQueuesSnapshot(snapshot: QueuesSnapshot): Buffer {
  const body = Buffer.from(encodeVersioned(queuesSnapshot, snapshot, 0))
  const head = Buffer.alloc(4)
  head.writeUInt32BE(crc32c(body))
  return Buffer.concat([head, body])
}

/** Null: it is damaged, or of a version that is not known. */
export function decodeQueuesSnapshot(bytes: Uint8Array): QueuesSnapshot | null {
  const file = Buffer.from(bytes)
  if (file.length < 6 || file.readUInt32BE(0) !== crc32c(file, 4)) return null
  try {
    return decodeVersioned(queuesSnapshot, file.subarray(4)).value
  } catch (error) {
    if (error instanceof MalformedInput) return null
    throw error
  }
}
