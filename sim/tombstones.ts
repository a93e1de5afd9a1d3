import type { RecordInput } from '../src/record/batch-builder.ts'
import type { BatchRecord } from '../src/record/record-reader.ts'

const mark = 'gone '
const header = 'tombstone'

/** In a history a tombstone stands as a value that begins so: every one is known from all others, as values are. */
export const tombstoneOf = (value: string): string => `${mark}${value}`

export const isTombstone = (value: string): boolean => value.startsWith(mark)

/** What is written for it: no value, and its name as a header. */
export function contentOf(value: string): Pick<RecordInput, 'value' | 'headers'> {
  if (!isTombstone(value)) return { value: Buffer.from(value) }
  return { value: null, headers: [{ key: header, value: Buffer.from(value) }] }
}

/** What stands in a history for a record. */
export function valueOf({ value, headers }: Pick<BatchRecord, 'value' | 'headers'>): string {
  return `${value ?? headers.find(({ key }) => key === header)?.value ?? ''}`
}
