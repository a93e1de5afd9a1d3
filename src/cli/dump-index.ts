import { existsSync, readFileSync } from 'node:fs'
import { type IndexEntry, type IndexFormat, offsetIndexFormat, timeIndexFormat } from '../log/sparse-index.ts'
import type { Disk } from '../runtime/disk.ts'
import { BatchSteps } from './batch-steps.ts'
import type { Dumped } from './dump-printer.ts'

/** Entries of an offset index, held against the segment beside it where there is one. */
export async function* dumpOffsetIndex(path: string, baseOffset: number, disk: Disk): AsyncGenerator<Dumped> {
  const steps = await BatchSteps.open(disk, segmentBeside(path))
  try {
    for (const one of entriesIn(readFileSync(path), offsetIndexFormat, baseOffset)) {
      if ('damage' in one) yield one
      else {
        const { key: offset, value: position } = one
        yield { facts: { offset, position }, line: `offset ${offset}  position ${position}` }
        const found = steps === null ? offset : ((await steps.at(position))?.lastOffset ?? null)
        if (found === null)
          yield { damage: `no batch begins at byte ${position}, which the index says of offset ${offset}` }
        else if (found !== offset)
          yield { damage: `the batch at byte ${position} ends at offset ${found}, not ${offset}` }
      }
    }
  } finally {
    await steps?.close()
  }
}

/** Entries of a time index, held against the segment beside it where there is one. */
export async function* dumpTimeIndex(path: string, baseOffset: number, disk: Disk): AsyncGenerator<Dumped> {
  const steps = await BatchSteps.open(disk, segmentBeside(path))
  try {
    const offsets = steps === null ? [] : offsetEntries(path.replace(/\.timeindex$/, '.index'), baseOffset)
    for (const one of entriesIn(readFileSync(path), timeIndexFormat, baseOffset)) {
      if ('damage' in one) yield one
      else {
        const { key: timestamp, value: offset } = one
        const line = `${new Date(timestamp).toISOString()} (${timestamp})  offset ${offset}`
        yield { facts: { timestamp, offset }, line }
        if (steps === null) continue
        const from = offsets.findLast(({ key }) => key <= offset)?.value ?? 0
        const batch = await steps.endingAt(offset, from)
        if (batch === null) yield { damage: `no batch ends at offset ${offset}, which the time index names` }
        else if (batch.maxTimestamp !== timestamp) {
          yield { damage: `the batch that ends at offset ${offset} is of ${batch.maxTimestamp}, not of ${timestamp}` }
        }
      }
    }
  } finally {
    await steps?.close()
  }
}

const segmentBeside = (path: string): string => path.replace(/\.(time)?index$/, '.log')

function offsetEntries(path: string, baseOffset: number): IndexEntry[] {
  if (!existsSync(path)) return []
  return [...entriesIn(readFileSync(path), offsetIndexFormat, baseOffset)].filter(
    (one) => !('damage' in one),
  ) as IndexEntry[]
}

/** Kafka makes its active indexes at full size: zeros behind the entries are no entries. */
function* entriesIn(
  bytes: Buffer,
  format: IndexFormat,
  baseOffset: number,
): Generator<IndexEntry | { readonly damage: string }> {
  let last = -1
  for (let at = 0; at + format.entryBytes <= bytes.length; at += format.entryBytes) {
    if (isZeroFrom(bytes, at)) return
    const entry = format.read(bytes, at, baseOffset)
    if (entry.key < last) yield { damage: `the entry at byte ${at} goes back from ${last} to ${entry.key}` }
    last = entry.key
    yield entry
  }
  const rest = bytes.length % format.entryBytes
  if (rest !== 0) yield { damage: `${rest} bytes behind the last whole entry` }
}

/** An entry that is not zero ends the search at once, so that a full index is not read once for each of its entries. */
function isZeroFrom(bytes: Buffer, from: number): boolean {
  for (let at = from; at < bytes.length; at++) if (bytes[at] !== 0) return false
  return true
}

const transactionBytes = 34

/** Aborted transactions, in Kafka's layout of `.txnindex`. */
export function* dumpTransactions(bytes: Buffer): Generator<Dumped> {
  for (let at = 0; at + transactionBytes <= bytes.length; at += transactionBytes) {
    const version = bytes.readInt16BE(at)
    if (version !== 0) return yield { damage: `the entry at byte ${at} is of version ${version}` }
    const [producerId, firstOffset, lastOffset, lastStableOffset] = [2, 10, 18, 26].map((from) =>
      Number(bytes.readBigInt64BE(at + from)),
    )
    const facts = { producerId, firstOffset, lastOffset, lastStableOffset }
    yield {
      facts,
      line: `producer ${producerId} aborted ${firstOffset} to ${lastOffset}  last stable offset ${lastStableOffset}`,
    }
  }
  const rest = bytes.length % transactionBytes
  if (rest !== 0) yield { damage: `${rest} bytes behind the last whole entry` }
}
