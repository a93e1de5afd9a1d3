import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CaseName, caseNames } from '../cases/case-name.ts'
import { packageRoot } from '../package-root.ts'
import type { Outcome, Result } from '../result.ts'

/** What was seen of one client, the same against Trilog and real Kafka where the outcome is `pass`. */
export interface Recorded {
  version: string
  /** The day of the run, as YYYY-MM-DD. */
  date: string
  cases: Partial<Record<CaseName, { outcome: Outcome; note: string }>>
}

/** By the client's name. */
export type RecordedMatrix = Readonly<Record<string, Recorded>>

export const recordedFile = join(packageRoot, 'interop', 'matrix', 'results.json')

export function readRecorded(): RecordedMatrix {
  return JSON.parse(readFileSync(recordedFile, 'utf8'))
}

/**
 * The matrix with the clients of a run on both brokers put in place of what it held of them. A client that could not be run
 * here, and one of which some case was not run, keeps what is known of it.
 */
export function withRun(matrix: RecordedMatrix, results: readonly Result[], date: string): RecordedMatrix {
  const found: Record<string, Recorded> = { ...matrix }
  for (const client of new Set(results.map((result) => result.client))) {
    const own = results.filter((result) => result.client === client)
    const cases = Object.fromEntries(caseNames.map((name) => [name, cellOf(own.filter((each) => each.case === name))]))
    if (Object.values(cases).some((cell) => cell.outcome === 'skip')) continue
    found[client] = { version: own.find(({ version }) => version !== '-')?.version ?? '-', date, cases }
  }
  return found
}

function cellOf(results: readonly Result[]): { outcome: Outcome; note: string } {
  const [first, second] = results
  if (first === undefined || second === undefined) return { outcome: 'skip', note: 'not run on both' }
  const { outcome, note } = first
  if (outcome === second.outcome && note === second.note) return { outcome, note }
  return { outcome: 'fail', note: `${first.on}: ${outcome}, ${note}; ${second.on}: ${second.outcome}, ${second.note}` }
}
