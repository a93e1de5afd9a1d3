import type { ClientProgram } from '../client-program.ts'
import { makeRecords, type SentRecord } from '../records.ts'

const hourMs = 3_600_000

/** A thousand records with all that the client can give them: headers of their own, and timestamps of an hour ago. */
export function fullRecords({ headersPerRecord, setsTimestamps }: ClientProgram, name: string): SentRecord[] {
  const from = setsTimestamps ? { firstTimestamp: Date.now() - hourMs } : {}
  return makeRecords({ count: 1000, headerRun: headersPerRecord ? 1 : 100, name, ...from })
}
