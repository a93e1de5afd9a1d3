import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lastLines, onEnd, run, runOrThrow } from '../child.ts'
import { packageRoot } from '../package-root.ts'

const kafka = join(packageRoot, 'interop', 'reference', 'kafka')
const program = join(packageRoot, 'interop', 'files', 'Writer.java')
const writeMs = 120_000
let classes: Promise<string> | null = null

/** Has the stock Java client write to partition 0 of a topic. Writer.java says what a line may be. */
export async function write(bootstrap: string, topic: string, lines: readonly string[]): Promise<void> {
  classes ??= compiled()
  const jvm = ['-Xmx256m', '-XX:TieredStopAtLevel=1', `-Dlog4j2.configurationFile=${kafka}/tools-log4j2.properties`]
  const args = [...jvm, '-cp', `${await classes}:${kafka}/lib/*`, 'Writer', bootstrap, topic, '0']
  const outcome = await run('java', args, { timeoutMs: writeMs, input: `${lines.join('\n')}\n` })
  if (outcome.code === 0 && !outcome.timedOut) return
  throw new Error(`Writer.java on ${topic}: exit code ${outcome.code}: ${lastLines(outcome.stderr, 6)}`)
}

/** Once for all: compiling takes as long as most of what is written. */
async function compiled(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'interop-writer-'))
  onEnd(() => rm(folder, { recursive: true, force: true }))
  await runOrThrow('javac', ['-cp', `${kafka}/lib/*`, '-d', folder, program], { timeoutMs: writeMs })
  return folder
}
