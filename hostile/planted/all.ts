import { gunzipSync } from 'node:zlib'
import { decodeRequest, decodeResponse } from '../../src/codec/api.ts'
import { decompress } from '../../src/codec/compression.ts'
import { MalformedInput } from '../../src/codec/malformed-input.ts'
import { SizedFrames } from '../../src/codec/sized-frames.ts'
import { FrameReader } from '../../src/kafka/frame-reader.ts'
import { validateBatches } from '../../src/record/batch-validation.ts'
import { sealBatch } from '../../src/record/batch-crc.ts'
import { batchHeaderBytes, batchSizeOf } from '../../src/record/batch-header.ts'
import type { FindingKind } from '../finding.ts'
import type { AnyTarget } from '../target.ts'
import { batchesTarget } from '../targets/batches.ts'
import { codecsTarget } from '../targets/codecs.ts'
import { commitLogsTarget, readLogQueue } from '../targets/commit-logs.ts'
import { filesTarget } from '../targets/files.ts'
import { frameReaderTarget } from '../targets/frame-reader.ts'
import { logsTarget, readLog } from '../targets/logs.ts'
import { recordsTarget } from '../targets/records.ts'
import { requestsTarget, responsesTarget } from '../targets/requests.ts'
import { sizedFramesTarget } from '../targets/sized-frames.ts'

/** A mistake as people make them, and what has to be found of it. */
export interface Planted {
  /** The target that it stands in for. */
  readonly of: string
  readonly target: AnyTarget
  readonly about: string
  readonly finds: FindingKind
}

export const planted: readonly Planted[] = [
  {
    of: 'requests',
    about: 'a request that is cut short is read beyond its end',
    finds: 'crash',
    target: requestsTarget('planted-crash', (api, frame) => {
      // The last four bytes are taken for granted.
      if (frame.length < 40) Buffer.from(frame).readInt32BE(frame.length - 3)
      return decodeRequest(api, frame)
    }),
  },
  {
    of: 'requests',
    about: 'a count of -1 is counted down to 0',
    finds: 'hang',
    target: requestsTarget('planted-hang', (api, frame) => {
      for (let left = Buffer.from(frame).readInt32BE(frame.length - 4); left !== 0; ) if (left > 0) left--
      return decodeRequest(api, frame)
    }),
  },
  {
    of: 'requests',
    about: 'an array gets the room that it announces',
    finds: 'memory',
    target: requestsTarget('planted-memory', (api, frame) => {
      const announced = frame.length < 14 ? 0 : Buffer.from(frame).readUInt32BE(10)
      if (announced < 0x80000000 && announced > frame.length) Buffer.alloc(announced).fill(1)
      return decodeRequest(api, frame)
    }),
  },
  {
    of: 'sized-frames',
    about: 'an answer gets the room that it announces before any of it has come',
    finds: 'memory',
    target: sizedFramesTarget('planted-room', (bounds, onFrame) => {
      const cutter = new SizedFrames(bounds, onFrame)
      let first: Buffer | null = null
      return {
        allocate() {
          const into = cutter.allocate()
          first ??= Buffer.from(into.buffer, into.byteOffset, into.length)
          return into
        },
        received(bytes) {
          const announced = bytes < 4 ? 0 : (first?.readInt32BE(0) ?? 0)
          first = Buffer.alloc(4)
          if (announced > 0 && announced <= bounds.frameBytesMax) Buffer.alloc(announced).fill(1)
          cutter.received(bytes)
        },
      }
    }),
  },
  {
    of: 'responses',
    about: 'an array of an answer has as many elements as it announces, which are nothing',
    finds: 'wrong',
    target: responsesTarget('planted-elements', (api, version, frame) => {
      const decoded = decodeResponse(api, version, frame)
      const announced = frame.length < 8 ? 0 : Buffer.from(frame).readUInt32BE(4)
      const elements = Array<null>(announced <= 0x100000 ? announced : 0).fill(null)
      return { ...decoded, body: { ...decoded.body, elements } }
    }),
  },
  {
    of: 'records',
    about: 'the key of a group\u2019s record is as long as it says',
    finds: 'crash',
    target: recordsTarget('planted-key', ({ name, read }) => {
      if (name !== 'group record') return read
      return (bytes) => {
        if (bytes.length > 0) bytes.readUInt8(bytes.readUInt8(0))
        return read(bytes)
      }
    }),
  },
  {
    of: 'files',
    about: 'a vote on the disk is taken for what it was written as',
    finds: 'crash',
    target: filesTarget('planted-vote', ({ name, read }) => {
      return name === 'vote' ? (bytes) => JSON.parse(bytes.toString('utf8')).votedId.toFixed() : read
    }),
  },
  {
    of: 'codecs',
    about: 'a codec is not told how much may come out',
    finds: 'memory',
    target: codecsTarget('planted-bomb', async (type, bytes, bound) => {
      if (type !== 'gzip') return decompress(type, bytes, bound)
      let out: Buffer
      try {
        out = gunzipSync(bytes)
      } catch {
        throw new MalformedInput('gzip', 0)
      }
      return out.subarray(0, bound.maxBytes)
    }),
  },
  {
    of: 'batches',
    about: 'the CRC of a batch is not looked at',
    finds: 'wrong',
    target: batchesTarget('planted-crc', (given, rules) => {
      const sealed = Buffer.from(given)
      const whole = sealed.length >= batchHeaderBytes && batchSizeOf(sealed, 0) === sealed.length
      if (whole) sealBatch(sealed, 0)
      return validateBatches(sealed, rules)
    }),
  },
  {
    of: 'logs',
    about: 'bytes that are no good batch are served as they lie in the file',
    finds: 'wrong',
    target: logsTarget('planted-rot', async (log, from) => {
      const { bytes, nextOffset } = await readLog(log, from)
      // What a reader that trusts its disk does to a bit that has changed there: nothing.
      if (from % 4 === 2) bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
      return { bytes, nextOffset }
    }),
  },
  {
    of: 'commit-logs',
    about: 'a batch of a queue is served with the offset that it has in the commit log',
    finds: 'wrong',
    target: commitLogsTarget('planted-offset', async (log, queue, from) => {
      const found = await readLogQueue(log, queue, from)
      const [entry] = found.bytes.length === 0 ? [] : await queue.entries.from(from)
      if (entry !== undefined) found.bytes.writeBigInt64BE(BigInt(entry.groupOffset), 0)
      return found
    }),
  },
  {
    of: 'frame-reader',
    about: 'memory that was charged for a frame is not given back',
    finds: 'wrong',
    target: frameReaderTarget('planted-leak', (shared, sink) => {
      const { memory } = shared
      const leaking = { take: memory.take.bind(memory), add: memory.add.bind(memory), give: () => {}, wantedBytes: 0 }
      return new FrameReader({ ...shared, memory: leaking as unknown as typeof memory }, sink)
    }),
  },
]

export const plantedTargets: readonly AnyTarget[] = planted.map(({ target }) => target)
