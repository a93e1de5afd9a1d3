import fc from 'fast-check'
import { DecompressedTooLarge } from '../../src/codec/decompressed-too-large.ts'
import { MalformedInput } from '../../src/codec/malformed-input.ts'
import { sealBatch } from '../../src/record/batch-crc.ts'
import { BatchHeader, batchHeaderBytes, batchSizeOf } from '../../src/record/batch-header.ts'
import { type BatchRules, isRefusal, validateBatches } from '../../src/record/batch-validation.ts'
import { readRecords } from '../../src/record/record-reader.ts'
import { endTransactionOf } from '../../src/record/control-record.ts'
import { goodBatches } from '../good-batches.ts'
import { mutated } from '../mutation.ts'
import { plainCrc32c } from '../plain-crc32c.ts'
import { demand, type Target } from '../target.ts'

const decompressedMax = 1024 * 1024
/** Smallest record, and what it becomes: an object with views. */
const bytesPerDecompressedByte = 200

interface Batches {
  readonly bytes: Buffer
  /** Sizes and CRCs are set right again after the change, so that what lies behind them is reached. */
  readonly mended: boolean
  readonly origin: BatchRules['origin']
}

/** `validate` is `validateBatches`, but where a mistake is planted. */
export function batchesTarget(name: string, validate: typeof validateBatches): Target<Batches> {
  return {
    name,
    about:
      'record batches: what is taken is whole and has its CRC by another computation, and its records can be read or not, no more',
    share: 20,
    inputs: async () =>
      fc.record({
        bytes: mutated(await goodBatches()),
        mended: fc.boolean(),
        origin: fc.constantFrom('client', 'broker'),
      }),
    bytesMax: ({ bytes }) => bytes.length * bytesPerDecompressedByte + decompressedMax * bytesPerDecompressedByte,
    feed: async ({ bytes, mended, origin }) => {
      if (mended) mend(bytes)
      const validated = validate(bytes, { ...rules, origin })
      if (isRefusal(validated)) return
      for (let at = 0; at < bytes.length; ) {
        demand(bytes.length - at >= batchHeaderBytes, `a batch was taken that ends in its header, at ${at}`)
        const size = batchSizeOf(bytes, at)
        demand(size >= batchHeaderBytes && at + size <= bytes.length, `a batch of ${size} bytes was taken at ${at}`)
        const header = new BatchHeader(bytes, at)
        demand(header.crc === plainCrc32c(bytes, at + 21, at + size), `a batch was taken with a wrong CRC, at ${at}`)
        endTransactionOf(header)
        await readable(header)
        at += size
      }
    },
  }
}

const rules: BatchRules = {
  maxMessageBytes: 1_048_588,
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  timestampAfterMaxMs: 3_600_000,
  nowMs: 1_700_000_000_000,
  origin: 'client',
}

async function readable(header: BatchHeader): Promise<void> {
  try {
    const records = await readRecords(header, { maxDecompressedBytes: decompressedMax })
    demand(records.length === header.recordCount, `${records.length} records instead of ${header.recordCount}`)
  } catch (error) {
    if (!(error instanceof MalformedInput || error instanceof DecompressedTooLarge)) throw error
  }
}

/** Makes one whole batch of the bytes, whatever they are. */
function mend(bytes: Buffer): void {
  if (bytes.length < batchHeaderBytes) return
  bytes.writeInt32BE(bytes.length - 12, 8)
  sealBatch(bytes, 0)
}
