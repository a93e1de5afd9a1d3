import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { lastLines, type Outcome, run } from '../child.ts'
import { kafkaScript } from '../targets/kafka.ts'
import { type KafkaDump, readDump } from './dump-text.ts'

const dumpMs = 60_000
const env = { KAFKA_TOOL_JVM: '-XX:TieredStopAtLevel=1', KAFKA_TOOL_HEAP: '256m' }
const endings = ['.log', '.index', '.timeindex', '.txnindex', '.snapshot']

/** The files of partitions' folders that kafka-dump-log reads, in the order of their names. */
export function filesOf(...folders: readonly string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => endings.some((ending) => name.endsWith(ending)))
      .sort()
      .map((name) => join(folder, name)),
  )
}

/**
 * Has kafka-dump-log read files, every record of them, and check the indexes in both of its ways. A segment, its indexes
 * and snapshots belong together: an index is held against the segment beside it.
 */
export async function kafkaDump(
  files: readonly string[],
  options: { readonly hasGaps?: boolean } = {},
): Promise<KafkaDump> {
  const indexes = files.filter((file) => file.endsWith('.index') || file.endsWith('.timeindex'))
  const outcomes = await Promise.all([
    dumpLog('--deep-iteration', files),
    dumpLog('--index-sanity-check', indexes),
    dumpLog('--verify-index-only', indexes),
  ])
  const [deep, ...checks] = outcomes.map((outcome) => ({ outcome, dump: readDump(outcome, options) }))
  if (deep === undefined) throw new Error('nothing was dumped')
  const complaints = [deep, ...checks].flatMap(({ outcome, dump }) =>
    outcome.code === 0
      ? dump.complaints
      : [`exit code ${outcome.code}: ${lastLines(outcome.stderr)}`, ...dump.complaints],
  )
  return { files: deep.dump.files, complaints }
}

async function dumpLog(mode: string, files: readonly string[]): Promise<Outcome> {
  if (files.length === 0) return { code: 0, stdout: '', stderr: '', timedOut: false }
  const args = ['tool', 'kafka-dump-log', mode, '--files', files.join(',')]
  const outcome = await run(kafkaScript, args, { timeoutMs: dumpMs, env })
  if (outcome.timedOut) throw new Error(`kafka-dump-log ${mode}: not done after ${dumpMs} ms`)
  return outcome
}
