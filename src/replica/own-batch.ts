import { isRefusal, type ValidatedBatches, validateBatches } from '../record/batch-validation.ts'
import type { Timestamp } from '../record/offset.ts'
import { invariant } from '../runtime/invariant.ts'

/** A batch that this broker has built itself, ready to be appended. */
export function ownBatch(batch: Buffer, nowMs: Timestamp): ValidatedBatches {
  const validated = validateBatches(batch, {
    maxMessageBytes: Number.MAX_SAFE_INTEGER,
    timestampType: 'CreateTime',
    timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
    timestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
    nowMs,
    origin: 'broker',
  })
  invariant(!isRefusal(validated), 'a batch of our own is not valid', { validated })
  return validated
}
