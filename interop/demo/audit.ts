import { createHash } from 'node:crypto'

/** A row of the input: its number is its place. */
export interface InputRow {
  row: number
  key: string
  value: string
}

/** A row as a consumer saw it. */
export interface SeenRow extends InputRow {
  partition: number
  offset: number
}

export interface Audit {
  records: number
  /** Rows of the input that were not seen. */
  lost: number
  /** Records beyond the first of their row. */
  repeated: number
  /** Records whose key or value is not that of their row, or whose row is not in the input. */
  altered: number
  /** First sights of a row after a later row of the same key, or in another partition than the key's first. */
  outOfOrder: number
  /** Over the value of every row that was seen, in the order of the rows. */
  checksum: string
}

/**
 * Compares what was seen with the input. Each stream holds records in the order in which one reader saw them; order per
 * key is judged within a stream, everything else over all of them.
 */
export function audit(input: readonly InputRow[], streams: readonly (readonly SeenRow[])[]): Audit {
  const seen: (string | undefined)[] = []
  const result = { records: 0, lost: 0, repeated: 0, altered: 0, outOfOrder: 0 }
  for (const stream of streams) {
    result.outOfOrder += countOutOfOrder(stream)
    for (const record of stream) {
      result.records++
      const due = input[record.row]
      if (due === undefined || due.key !== record.key || due.value !== record.value) result.altered++
      if (seen[record.row] !== undefined) result.repeated++
      seen[record.row] = record.value
    }
  }
  for (const { row } of input) if (seen[row] === undefined) result.lost++
  return { ...result, checksum: checksumOf(seen.filter((value) => value !== undefined)) }
}

/** SHA-256 over the values, a newline after each; the first 16 hexadecimal digits. */
export function checksumOf(values: readonly string[]): string {
  const hash = createHash('sha256')
  for (const value of values) hash.update(value).update('\n')
  return hash.digest('hex').slice(0, 16)
}

function countOutOfOrder(stream: readonly SeenRow[]): number {
  const rows = new Set<number>()
  const newest = new Map<string, { row: number; partition: number }>()
  let outOfOrder = 0
  for (const { row, key, partition } of stream) {
    if (rows.has(row)) continue
    rows.add(row)
    const before = newest.get(key)
    if (before !== undefined && (row < before.row || partition !== before.partition)) outOfOrder++
    if (before === undefined || row > before.row) newest.set(key, { row, partition })
  }
  return outOfOrder
}
