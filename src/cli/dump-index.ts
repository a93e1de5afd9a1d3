import type { IndexFormat } from '../log/sparse-index.ts'
import type { Dumped } from './dump-printer.ts'

/** Entries of an offset or time index. Kafka makes its active ones at full size: zeros behind the entries are no entries. */
export function* dumpIndex(
  bytes: Buffer,
  format: IndexFormat,
  baseOffset: number,
  kind: 'offset' | 'time',
): Generator<Dumped> {
  let last = -1
  for (let at = 0; at + format.entryBytes <= bytes.length; at += format.entryBytes) {
    if (bytes.subarray(at).every((byte) => byte === 0)) return
    const { key, value } = format.read(bytes, at, baseOffset)
    if (key < last) yield { damage: `the entry at byte ${at} goes back from ${last} to ${key}` }
    last = key
    if (kind === 'offset') yield { facts: { offset: key, position: value }, line: `offset ${key}  position ${value}` }
    else
      yield {
        facts: { timestamp: key, offset: value },
        line: `${new Date(key).toISOString()} (${key})  offset ${value}`,
      }
  }
  const rest = bytes.length % format.entryBytes
  if (rest !== 0) yield { damage: `${rest} bytes behind the last whole entry` }
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
