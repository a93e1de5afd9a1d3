import { gunzipSync } from 'node:zlib'
import { decodeRequest } from '../../src/codec/api.ts'
import { decompress } from '../../src/codec/compression.ts'
import { MalformedInput } from '../../src/codec/malformed-input.ts'
import { FrameReader } from '../../src/kafka/frame-reader.ts'
import { validateBatches } from '../../src/record/batch-validation.ts'
import { sealBatch } from '../../src/record/batch-crc.ts'
import { batchHeaderBytes, batchSizeOf } from '../../src/record/batch-header.ts'
import type { FindingKind } from '../finding.ts'
import type { AnyTarget } from '../target.ts'
import { batchesTarget } from '../targets/batches.ts'
import { codecsTarget } from '../targets/codecs.ts'
import { frameReaderTarget } from '../targets/frame-reader.ts'
import { logsTarget, readLog } from '../targets/logs.ts'
import { requestsTarget } from '../targets/requests.ts'

/** A mistake as people make them, and what has to be found of it. */
export interface Planted {
  readonly target: AnyTarget
  readonly about: string
  readonly finds: FindingKind
}

export const planted: readonly Planted[] = [
  {
    about: 'a request that is cut short is read beyond its end',
    finds: 'crash',
    target: requestsTarget('planted-crash', (api, frame) => {
      // The last four bytes are taken for granted.
      if (frame.length < 40) Buffer.from(frame).readInt32BE(frame.length - 3)
      return decodeRequest(api, frame)
    }),
  },
  {
    about: 'a count of -1 is counted down to 0',
    finds: 'hang',
    target: requestsTarget('planted-hang', (api, frame) => {
      for (let left = Buffer.from(frame).readInt32BE(frame.length - 4); left !== 0; ) if (left > 0) left--
      return decodeRequest(api, frame)
    }),
  },
  {
    about: 'an array gets the room that it announces',
    finds: 'memory',
    target: requestsTarget('planted-memory', (api, frame) => {
      const announced = frame.length < 14 ? 0 : Buffer.from(frame).readUInt32BE(10)
      if (announced < 0x80000000 && announced > frame.length) Buffer.alloc(announced).fill(1)
      return decodeRequest(api, frame)
    }),
  },
  {
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
