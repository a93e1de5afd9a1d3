import { type BatchRules, isRefusal, type ValidatedBatches, validateBatches } from '../record/batch-validation.ts'
import { type BatchOptions, buildBatch } from '../record/batch-builder.ts'
import { BatchHeader } from '../record/batch-header.ts'
import type { Offset } from '../record/offset.ts'
import type { DiskFault } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { DamagedRange } from './damaged-ranges.ts'
import { FileHandles } from './file-handles.ts'
import { Log } from './log.ts'
import type { LogOptions } from './log-options.ts'
import type { LogSettings } from './log-settings.ts'
import type { LogSlice } from './log-slice.ts'
import { TailMemory } from './tail-memory.ts'

/** Settings for tests: Kafka's defaults but for what makes tests slow. */
export const testSettings: LogSettings = {
  segmentBytes: 1024 * 1024,
  segmentMs: 7 * 24 * 3600 * 1000,
  segmentJitterMs: 0,
  indexIntervalBytes: 4096,
  segmentIndexBytes: 10 * 1024 * 1024,
  flushMessages: Number.MAX_SAFE_INTEGER,
  flushMs: Number.MAX_SAFE_INTEGER,
  maxMessageBytes: 1048588,
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  timestampAfterMaxMs: 3600 * 1000,
  preallocate: false,
}

/** What a log has told its owner. */
export interface EventsSeen {
  stored: Offset
  flushed: Offset
  readonly damage: DamagedRange[]
  readonly faults: DiskFault[]
}

/** One log on a runtime, with its shared memory and handles, and its events noted. */
export async function openTestLog(
  runtime: Runtime,
  options: Partial<LogOptions> = {},
): Promise<{ log: Log; seen: EventsSeen; tail: TailMemory; files: FileHandles }> {
  const seen: EventsSeen = { stored: -1, flushed: -1, damage: [], faults: [] }
  const tail = options.tail ?? new TailMemory({ maxBytes: 1024 * 1024 })
  const files = options.files ?? new FileHandles(runtime.disk, 16)
  const log = await Log.open({
    disk: runtime.disk,
    clock: runtime.clock,
    random: runtime.random,
    logger: runtime.logger,
    directory: 'data/t-0',
    settings: testSettings,
    events: {
      stored: (upTo) => {
        seen.stored = upTo
      },
      flushed: (upTo) => {
        seen.flushed = upTo
      },
      damaged: (range) => void seen.damage.push(range),
      failed: (fault) => void seen.faults.push(fault),
    },
    recoveryPoint: 0,
    logStartOffset: 0,
    clean: true,
    producerStateExpiryMs: 24 * 3600 * 1000,
    ...options,
    tail,
    files,
  })
  return { log, seen, tail, files }
}

/** A batch of records with that text in their values, ready to be appended. */
export function batchOf(
  texts: readonly string[],
  options: BatchOptions & { timestamp?: number } = {},
): ValidatedBatches {
  const { timestamp = 1000 } = options
  return validated(
    buildBatch(
      texts.map((text, i) => ({ timestamp: timestamp + i, value: Buffer.from(text) })),
      options,
    ),
  )
}

export function validated(bytes: Buffer, rules: Partial<BatchRules> = {}): ValidatedBatches {
  const { timestampBeforeMaxMs, timestampAfterMaxMs, maxMessageBytes, timestampType } = testSettings
  const checked = validateBatches(bytes, {
    maxMessageBytes,
    timestampType,
    timestampBeforeMaxMs,
    timestampAfterMaxMs,
    nowMs: 4e12,
    origin: 'broker',
    ...rules,
  })
  if (isRefusal(checked)) throw new Error(checked.reason)
  return checked
}

/** Moves the log start and removes what lies below, as is done once the new start is durable. */
export async function advanceLogStart(log: Log, to: Offset): Promise<void> {
  if (to <= log.logStartOffset) return
  log.moveLogStart(to)
  await log.removeBelowLogStart()
}

/** The bytes of a read, copied, and released. */
export async function readBytes(
  log: Log,
  from: Offset,
  options: { upTo?: Offset; maxBytes?: number; minOneBatch?: boolean } = {},
): Promise<Buffer> {
  const { upTo = log.logEndOffset, maxBytes = 1024 * 1024, minOneBatch = true } = options
  return bytesOf(await log.read({ from, upTo, maxBytes, minOneBatch }))
}

export function bytesOf(slice: LogSlice): Buffer {
  const bytes = Buffer.concat(slice.buffers)
  slice.release()
  return bytes
}

/** All that can be read from `from` on, read by read. */
export async function readAll(log: Log, from: Offset, maxBytes = 1024 * 1024): Promise<Buffer> {
  const parts: Buffer[] = []
  let next = from
  while (next < log.logEndOffset) {
    const slice = await log.read({ from: next, upTo: log.logEndOffset, maxBytes, minOneBatch: true })
    if (slice.bytes === 0) break
    next = slice.nextOffset
    parts.push(bytesOf(slice))
  }
  return Buffer.concat(parts)
}

/** [baseOffset, lastOffset] of each batch in the bytes. */
export function rangesOf(bytes: Buffer): [Offset, Offset][] {
  const ranges: [Offset, Offset][] = []
  for (let at = 0; at < bytes.length; ) {
    const header = new BatchHeader(bytes, at)
    ranges.push([header.baseOffset, header.lastOffset])
    at += header.sizeBytes
  }
  return ranges
}
