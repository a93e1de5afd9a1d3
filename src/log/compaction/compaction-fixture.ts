import assert from 'node:assert/strict'
import type { CompressionType } from '../../codec/compression.ts'
import { buildCompressedBatch, type RecordInput } from '../../record/batch-builder.ts'
import { crcHolds } from '../../record/batch-crc.ts'
import { type BatchHeader, batchHeaderBytes } from '../../record/batch-header.ts'
import { endTransactionOf } from '../../record/control-record.ts'
import type { LeaderEpoch, Offset, Timestamp } from '../../record/offset.ts'
import { batchesIn, type BatchRecord, readRecords } from '../../record/record-reader.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { EpochStart } from '../epoch-table.ts'
import type { Log } from '../log.ts'
import { readAll, testSettings, validated } from '../log-fixture.ts'
import type { CompactionMemory, CompactionReport } from './compact-log.ts'

const deleteRetentionMs = 300

export const compactedSettings = {
  ...testSettings,
  segmentBytes: 600,
  indexIntervalBytes: 150,
  flushMessages: 1,
  timestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
  compaction: { minDirtyRatio: 0, minLagMs: 0, maxLagMs: Number.MAX_SAFE_INTEGER, deleteRetentionMs },
}

export const roomyMemory: CompactionMemory = { keyBytes: 1024 * 1024, loadFactor: 0.9, ioBytes: 64 * 1024 }

/** A record that was appended. */
interface Entry {
  readonly offset: Offset
  readonly key: string
  readonly value: string | null
  readonly timestamp: Timestamp
  readonly producerId: number
  /** Null: it is in no transaction. */
  readonly transaction: { outcome: 'open' | 'commit' | 'abort' } | null
}

/**
 * The slow obvious twin of a compacted log: everything that was ever appended, and what a consumer may find of it. It
 * knows nothing of segments, maps or files.
 */
export class CompactionTwin {
  readonly #entries: Entry[] = []
  readonly #open = new Map<number, { outcome: 'open' | 'commit' | 'abort' }>()
  readonly #sequences = new Map<number, number>()
  /** When a compaction first may have seen what lies below each offset: pairs of offset and time, both rising. */
  readonly #seen: { upTo: Offset; atMs: Timestamp }[] = []
  /** Below, a compaction has been through all of it. */
  cleanedUpTo: Offset = 0
  end: Offset = 0
  /** Below, all who copy the log have had everything, at some time. */
  replicatedUpTo: Offset = 0
  /** Where the epochs begin that have a batch. */
  readonly #epochStarts: EpochStart[] = []
  /** Of the batches to come. */
  epoch: LeaderEpoch = 0

  /** Appends a batch to the log and notes it. `producerId` below 0: of none. */
  async append(
    log: Log,
    records: readonly { key: string; value: string | null }[],
    how: { timestamp: Timestamp; codec: CompressionType; producerId: number; transactional: boolean },
  ): Promise<void> {
    const { timestamp, codec, producerId, transactional } = how
    const inputs: RecordInput[] = records.map(({ key, value }, i) => ({
      timestamp: timestamp + i,
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      headers: [{ key: 'h', value: Buffer.from(key) }],
    }))
    const sequence = this.#sequences.get(producerId) ?? 0
    const producer = { id: producerId, epoch: 0, baseSequence: sequence }
    const options = producerId < 0 ? {} : { producer, transactional }
    const bytes = await buildCompressedBatch(inputs, codec, options)
    if (producerId >= 0) this.#sequences.set(producerId, sequence + records.length)
    assert.equal(this.#appendTo(log, bytes), this.end)
    const transaction = transactional ? (this.#open.get(producerId) ?? { outcome: 'open' as const }) : null
    if (transaction !== null) this.#open.set(producerId, transaction)
    for (const [i, { key, value }] of records.entries()) {
      this.#entries.push({ offset: this.end + i, key, value, timestamp: timestamp + i, producerId, transaction })
    }
    this.end += records.length
  }

  /** Ends the transaction of a producer that has one open, with a marker. */
  async endTransaction(log: Log, producerId: number, how: 'commit' | 'abort', timestamp: Timestamp): Promise<void> {
    const open = this.#open.get(producerId)
    if (open === undefined) return
    open.outcome = how
    this.#open.delete(producerId)
    const record = { timestamp, key: Buffer.from([0, 0, 0, how === 'commit' ? 1 : 0]), value: Buffer.alloc(6) }
    const producer = { id: producerId, epoch: 0, baseSequence: -1 }
    const bytes = await buildCompressedBatch([record], 'none', { producer, transactional: true, control: true })
    this.#appendTo(log, bytes)
    this.end++
  }

  #appendTo(log: Log, bytes: Buffer): Offset {
    const { epoch } = this
    if (this.#epochStarts.at(-1)?.epoch !== epoch) this.#epochStarts.push({ epoch, startOffset: this.end })
    return log.append(validated(bytes), epoch).baseOffset
  }

  /** A compaction begins that sees what lies below `upTo`, whether or not it comes to its end. */
  seen(upTo: Offset, atMs: Timestamp): void {
    const last = this.#seen[this.#seen.length - 1]
    if (last === undefined || upTo > last.upTo) this.#seen.push({ upTo, atMs })
  }

  /** Holds the log against what may be in it. */
  async check(log: Log, nowMs: Timestamp): Promise<void> {
    assert.equal(log.logEndOffset, this.end)
    const batches = [...batchesIn(await readAll(log, log.logStartOffset))]
    this.#checkEpochs(batches)
    const present = await this.#presentIn(batches)
    this.#checkMissing(present, log.logStartOffset, nowMs)
    this.#checkSuperfluous(present, log.logStartOffset)
    this.#checkCommittedView(log, batches, present)
  }

  /** Whoever copies the log, batch by batch, learns where epochs begin. */
  #checkEpochs(batches: readonly BatchHeader[]): void {
    const told: EpochStart[] = []
    for (const { partitionLeaderEpoch: epoch, baseOffset: startOffset } of batches) {
      if (told.at(-1)?.epoch !== epoch) told.push({ epoch, startOffset })
    }
    assert.deepEqual(told, this.#epochStarts)
  }

  /** Offsets of the records that are there. All must be what was appended, in order. */
  async #presentIn(batches: readonly BatchHeader[]): Promise<Set<Offset>> {
    const present = new Set<Offset>()
    let next = 0
    for (const batch of batches) {
      assert.ok(crcHolds(batch.bytes, batch.at), `CRC of the batch at ${batch.baseOffset}`)
      assert.ok(batch.baseOffset >= next, `offsets go back at ${batch.baseOffset}`)
      next = batch.nextOffset
      if (batch.isControl) continue
      if (batch.recordCount === 0) assert.equal(batch.sizeBytes, batchHeaderBytes)
      for (const record of await readRecords(batch)) {
        this.#checkSame(record, batch)
        present.add(record.offset)
      }
    }
    return present
  }

  #checkSame({ offset, key, value, timestamp, headers }: BatchRecord, batch: BatchHeader): void {
    const entry = this.#entryAt(offset)
    assert.deepEqual(
      { offset, key: `${key}`, value: value === null ? null : `${value}`, timestamp, headers: headers.length },
      { offset, key: entry.key, value: entry.value, timestamp: entry.timestamp, headers: 1 },
    )
    assert.deepEqual([batch.producerId, batch.isTransactional], [entry.producerId, entry.transaction !== null])
    assert.ok(offset >= batch.baseOffset && offset <= batch.lastOffset && timestamp <= batch.maxTimestamp)
  }

  /** What is not there had a reason to go. */
  #checkMissing(present: ReadonlySet<Offset>, logStartOffset: Offset, nowMs: Timestamp): void {
    const reach = this.#seen[this.#seen.length - 1]?.upTo ?? 0
    const newest = new Map<string, Entry>()
    for (const entry of this.#entries) {
      if (entry.offset < reach && isCommitted(entry)) newest.set(entry.key, entry)
    }
    for (const entry of this.#entries) {
      const { offset, key, value } = entry
      if (offset < logStartOffset || present.has(offset)) continue
      assert.ok(offset < reach, `offset ${offset} is gone and no compaction has seen it`)
      if (!isCommitted(entry)) {
        assert.equal(entry.transaction?.outcome, 'abort', `offset ${offset} of an open transaction is gone`)
        continue
      }
      if (newest.get(key) !== entry) continue
      assert.equal(value, null, `offset ${offset}, the newest of ${key}, is gone`)
      const seen = this.#seen.find(({ upTo }) => upTo > offset) as { atMs: Timestamp }
      assert.ok(nowMs >= seen.atMs + deleteRetentionMs, `the tombstone at ${offset} went too soon`)
      assert.ok(offset < this.replicatedUpTo, `the tombstone at ${offset} is gone, and a copy of the log lacks it`)
      const older = this.#entries.find((one) => one.key === key && one.offset < offset && present.has(one.offset))
      assert.equal(older, undefined, `the tombstone at ${offset} is gone, and an older record of its key is not`)
    }
  }

  /** What a compaction has been through holds no record that a newer one makes superfluous. */
  #checkSuperfluous(present: ReadonlySet<Offset>, logStartOffset: Offset): void {
    const newest = new Map<string, Offset>()
    for (const entry of this.#entries) {
      if (entry.offset < this.cleanedUpTo && isCommitted(entry)) newest.set(entry.key, entry.offset)
    }
    for (const entry of this.#entries) {
      if (entry.offset < logStartOffset || entry.offset >= this.cleanedUpTo || !present.has(entry.offset)) continue
      assert.ok(isCommitted(entry), `offset ${entry.offset} was aborted, and is still there`)
      assert.equal(newest.get(entry.key), entry.offset, `offset ${entry.offset} of ${entry.key} is superfluous`)
    }
  }

  /** A consumer that reads committed records only, as Kafka's clients do it, gets exactly those that are there. */
  #checkCommittedView(log: Log, batches: readonly BatchHeader[], present: ReadonlySet<Offset>): void {
    const upTo = log.lastStableOffset(this.end)
    const aborted = log.abortedTransactions(log.logStartOffset, upTo).sort((a, b) => a.firstOffset - b.firstOffset)
    const skipped = new Set<number>()
    const shown: BatchHeader[] = []
    for (const batch of batches) {
      if (batch.baseOffset >= upTo) break
      while ((aborted[0]?.firstOffset ?? Number.POSITIVE_INFINITY) <= batch.lastOffset) {
        skipped.add(aborted.shift()?.producerId ?? -1)
      }
      if (batch.isControl) {
        if (batch.recordCount > 0 && endTransactionOf(batch)?.type === 'abort') skipped.delete(batch.producerId)
        continue
      }
      if (!(batch.isTransactional && skipped.has(batch.producerId))) shown.push(batch)
    }
    for (const offset of present) {
      if (offset >= upTo) continue
      const isShown = shown.some((batch) => batch.baseOffset <= offset && offset <= batch.lastOffset)
      assert.equal(isShown, isCommitted(this.#entryAt(offset)), `offset ${offset}, read committed`)
    }
  }

  #entryAt(offset: Offset): Entry {
    const entry = this.#entries.find((one) => one.offset === offset)
    assert.ok(entry !== undefined, `nothing was appended at ${offset}`)
    return entry
  }
}

function isCommitted({ transaction }: Entry): boolean {
  return transaction === null || transaction.outcome === 'commit'
}

/** Compacts what may be compacted; null: nothing may. */
export async function compactOnce(
  runtime: Runtime,
  log: Log,
  how: {
    committedUpTo: Offset
    /** Left out: nobody else copies the log. */
    replicatedUpTo?: Offset
    memory?: CompactionMemory
    isStopped?: () => boolean
    twin?: CompactionTwin
  },
): Promise<CompactionReport | null> {
  const { committedUpTo, replicatedUpTo = log.logEndOffset, memory = roomyMemory, isStopped = () => false, twin } = how
  log.compactions.begin()
  const part = await log.compactions.cleanable(log.lastStableOffset(committedUpTo))
  if (part === null || part.upTo <= part.firstDirty) return null
  twin?.seen(part.upTo, runtime.clock.nowMs())
  if (twin !== undefined) twin.replicatedUpTo = Math.max(twin.replicatedUpTo, replicatedUpTo)
  const bytesPerSecond = Number.MAX_VALUE
  const report = await log.compactions.run({
    part,
    memory,
    committedUpTo,
    replicatedUpTo: () => replicatedUpTo,
    bytesPerSecond,
    isStopped,
  })
  if (twin !== undefined) twin.cleanedUpTo = report.cleanedUpTo
  return report
}
