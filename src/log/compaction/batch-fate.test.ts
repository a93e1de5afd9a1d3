import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildBatch, type BatchOptions, type RecordInput } from '../../record/batch-builder.ts'
import { crcHolds, sealBatch } from '../../record/batch-crc.ts'
import { BatchHeader } from '../../record/batch-header.ts'
import { endTransactionOf } from '../../record/control-record.ts'
import { readRecords } from '../../record/record-reader.ts'
import type { AbortedTransaction } from '../transaction-index.ts'
import { type BatchFate, type CompactionKnowledge, fateOf } from './batch-fate.ts'
import { EndedTransactions } from './ended-transactions.ts'
import { KeyOffsets } from './key-offsets.ts'

const nowMs = 1_000_000
const deleteRetentionMs = 500

function knowledge(
  newest: Record<string, number>,
  more: {
    nowMs?: number
    upThrough?: number
    aborted?: AbortedTransaction[]
    lastOf?: number
    replicatedUpTo?: number
  } = {},
): CompactionKnowledge {
  const offsets = new KeyOffsets({ bytes: 10_000, loadFactor: 0.9, secret: Buffer.alloc(16) })
  for (const [key, offset] of Object.entries(newest)) offsets.put(Buffer.from(key), offset)
  return {
    newest: offsets,
    newestUpThrough: more.upThrough ?? 1000,
    transactions: new EndedTransactions(more.aborted ?? []),
    isLastOfProducer: (batch) => batch.baseOffset === more.lastOf,
    nowMs: more.nowMs ?? nowMs,
    deleteRetentionMs,
    replicatedUpTo: more.replicatedUpTo ?? Number.POSITIVE_INFINITY,
  }
}

/** A batch of `key=value` records (`key=` is a tombstone, `=value` has no key), the first at `baseOffset`. */
function batchOf(baseOffset: number, texts: readonly string[], options: BatchOptions = {}): BatchHeader {
  const records = texts.map((text, i): RecordInput => {
    const [key = '', value = ''] = text.split('=')
    const of = (part: string) => (part === '' ? null : Buffer.from(part))
    return { timestamp: 500 + i, key: of(key), value: of(value) }
  })
  return new BatchHeader(buildBatch(records, { ...options, baseOffset }))
}

function marker(baseOffset: number, type: 'commit' | 'abort', producerId: number): BatchHeader {
  const key = Buffer.from([0, 0, 0, type === 'commit' ? 1 : 0])
  const producer = { id: producerId, epoch: 0, baseSequence: -1 }
  const options = { baseOffset, producer, transactional: true, control: true }
  return new BatchHeader(buildBatch([{ timestamp: 700, key, value: Buffer.alloc(6) }], options))
}

function rewritten(fate: BatchFate): BatchHeader {
  assert.ok(typeof fate !== 'string', `${fate as string}`)
  assert.ok(crcHolds(fate, 0))
  return new BatchHeader(fate)
}

async function told(batch: BatchHeader): Promise<string[]> {
  return (await readRecords(batch)).map(({ offset, timestamp, key, value }) => `${offset}@${timestamp} ${key}=${value}`)
}

test('of a batch the newest records of their keys stay, with offsets, times and sequences', async () => {
  const producer = { id: 9, epoch: 2, baseSequence: 40 }
  const batch = batchOf(10, ['a=1', 'b=1', 'a=2', 'c=1'], { producer, epoch: 3 })
  const one = rewritten(fateOf(batch, knowledge({ a: 12, b: 50, c: 13 }), false))
  assert.deepEqual(await told(one), ['12@502 a=2', '13@503 c=1'])
  assert.deepEqual(
    [one.baseOffset, one.lastOffset, one.baseSequence, one.lastSequence, one.partitionLeaderEpoch, one.maxTimestamp],
    [10, 13, 40, 43, 3, 503],
  )
  assert.equal(fateOf(batch, knowledge({ a: 12, b: 11, c: 13 }), false) === 'keep', false)
  assert.equal(fateOf(batchOf(10, ['a=1', 'b=1']), knowledge({ a: 10, b: 11 }), false), 'keep')
  assert.equal(fateOf(batchOf(10, ['a=1', 'b=1']), knowledge({ a: 20, b: 21 }), false), 'drop')
})

test('what lies above the keys that were noted stays, and records without a key go', async () => {
  assert.equal(fateOf(batchOf(10, ['a=1', '=1']), knowledge({}, { upThrough: 9 }), false), 'keep')
  const half = rewritten(fateOf(batchOf(10, ['a=1', 'a=2', '=3']), knowledge({ a: 20 }, { upThrough: 10 }), false))
  assert.deepEqual(await told(half), ['11@501 a=2', '12@502 null=3'])
  assert.equal(fateOf(batchOf(10, ['=1']), knowledge({}), false), 'drop')
})

test('a batch stays as a header where its place, or its producer, has to be remembered', () => {
  const producer = { id: 9, epoch: 2, baseSequence: 40 }
  const batch = batchOf(10, ['a=1', 'b=1'], { producer, epoch: 3, transactional: true })
  for (const fate of [
    fateOf(batch, knowledge({ a: 20, b: 20 }), true),
    fateOf(batch, knowledge({ a: 20, b: 20 }, { lastOf: 10 }), false),
  ]) {
    const empty = rewritten(fate)
    assert.deepEqual(
      [empty.baseOffset, empty.lastOffset, empty.recordCount, empty.sizeBytes, empty.lastSequence, empty.producerEpoch],
      [10, 11, 0, 61, 41, 2],
    )
    assert.deepEqual([empty.isTransactional, empty.maxTimestamp, empty.partitionLeaderEpoch], [true, 501, 3])
    assert.equal(fateOf(empty, knowledge({}), true), 'keep')
    assert.equal(fateOf(empty, knowledge({}), false), 'drop')
  }
})

test('the first compaction that meets a tombstone sets its horizon, and one behind the horizon takes it', async () => {
  const batch = batchOf(10, ['a=', 'b=1'])
  const first = rewritten(fateOf(batch, knowledge({ a: 10, b: 11 }), false))
  assert.deepEqual(await told(first), ['10@500 a=null', '11@501 b=1'])
  assert.deepEqual([first.hasDeleteHorizon, first.baseTimestamp, first.maxTimestamp], [true, nowMs + 500, 501])
  assert.equal(fateOf(first, knowledge({ a: 10, b: 11 }, { nowMs: nowMs + 499 }), false), 'keep')
  const second = rewritten(fateOf(first, knowledge({ b: 11 }, { nowMs: nowMs + 500 }), false))
  assert.deepEqual(await told(second), ['11@501 b=1'])
  assert.deepEqual([second.hasDeleteHorizon, second.baseTimestamp], [true, nowMs + 500])
  assert.equal(fateOf(batchOf(10, ['a=']), knowledge({ a: 20 }), false), 'drop')
})

test('a tombstone stays while a copy of the log lacks it, however old it is', () => {
  const first = rewritten(fateOf(batchOf(10, ['a=', 'b=1']), knowledge({ a: 10, b: 11 }), false))
  const late = (replicatedUpTo: number) => knowledge({ b: 11 }, { nowMs: nowMs + 500, replicatedUpTo })
  assert.equal(fateOf(first, knowledge({ a: 10, b: 11 }, { nowMs: nowMs + 500, replicatedUpTo: 11 }), false), 'keep')
  assert.equal(rewritten(fateOf(first, late(12), false)).recordCount, 1)
})

test('aborted records go at once; their marker stays until a compaction meets none of them, and its horizon has passed', () => {
  const producer = { id: 9, epoch: 0, baseSequence: 0 }
  const aborted = [{ producerId: 9, firstOffset: 10, lastOffset: 12, lastStableOffset: 13 }]
  const data = batchOf(10, ['a=1', 'b=1'], { producer, transactional: true })
  const mark = marker(12, 'abort', 9)
  const first = knowledge({ a: 10, b: 11 }, { aborted })
  assert.equal(fateOf(data, first, false), 'drop')
  assert.equal(fateOf(mark, first, false), 'keep')
  const second = rewritten(fateOf(mark, knowledge({}, { aborted }), false))
  assert.deepEqual([second.hasDeleteHorizon, second.baseTimestamp], [true, nowMs + 500])
  assert.equal(endTransactionOf(second)?.type, 'abort')
  assert.equal(fateOf(second, knowledge({}, { aborted, nowMs: nowMs + 499 }), false), 'keep')
  assert.equal(fateOf(second, knowledge({}, { aborted, nowMs: nowMs + 500 }), false), 'drop')
})

test('a commit marker stays as long as a batch of its transaction does', () => {
  const producer = { id: 9, epoch: 0, baseSequence: 0 }
  const data = batchOf(10, ['a=1'], { producer, transactional: true })
  const mark = marker(11, 'commit', 9)
  const with_ = knowledge({ a: 10 })
  assert.equal(fateOf(data, with_, false), 'keep')
  assert.equal(fateOf(mark, with_, false), 'keep')
  assert.ok(rewritten(fateOf(mark, knowledge({}), false)).hasDeleteHorizon)
})

test('a batch whose records cannot be read stays as it is', () => {
  const batch = batchOf(10, ['a=1', 'b=1'])
  batch.bytes.fill(0x7f, 61)
  sealBatch(batch.bytes, 0)
  assert.equal(fateOf(batch, knowledge({ a: 20, b: 20 }), false), 'keep')
})
