import { join } from 'node:path'
import { lastLines, run } from '../child.ts'
import { packageRoot } from '../package-root.ts'

const kafka = join(packageRoot, 'interop', 'reference', 'kafka')
const program = join(packageRoot, 'interop', 'files', 'Writer.java')
const writeMs = 60_000

/** Has the stock Java client write to partition 0 of a topic. Writer.java says what a line may be. */
export async function write(bootstrap: string, topic: string, lines: readonly string[]): Promise<void> {
  const jvm = ['-Xmx256m', '-XX:TieredStopAtLevel=1', `-Dlog4j2.configurationFile=${kafka}/tools-log4j2.properties`]
  const args = [...jvm, '-cp', `${kafka}/lib/*`, program, bootstrap, topic, '0']
  const outcome = await run('java', args, { timeoutMs: writeMs, input: `${lines.join('\n')}\n` })
  if (outcome.code === 0 && !outcome.timedOut) return
  throw new Error(`Writer.java on ${topic}: exit code ${outcome.code}: ${lastLines(outcome.stderr, 6)}`)
}
