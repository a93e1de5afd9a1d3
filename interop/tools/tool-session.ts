import { LineProcess, lastLines, run } from '../child.ts'
import type { Step } from '../steps.ts'
import { kafkaScript } from '../targets/kafka.ts'
import type { Target } from '../targets/target.ts'

const toolMs = 40_000
// The tools live for a second: the quick compiler alone is the fastest way through it.
const env = { KAFKA_TOOL_JVM: '-XX:TieredStopAtLevel=1', KAFKA_TOOL_HEAP: '256m' }

/** One thing that a tool must be able to do. */
export type ToolStep = Step<ToolSession>

/** Apache Kafka's own tools against one broker. */
export class ToolSession {
  readonly target: Target
  /** Part of every topic and group name, so that a run meets nothing that was there before. */
  readonly id = `${process.pid}-${Date.now()}`

  constructor(target: Target) {
    this.target = target
  }

  /** Output of a tool that must end well. */
  async ok(tool: string, args: readonly string[], input?: string): Promise<string> {
    const outcome = await this.#run(tool, args, input)
    if (outcome.code === 0 && !/^Error/m.test(outcome.stdout)) return outcome.stdout
    throw new Error(
      `${tool} ${args.join(' ')}: exit code ${outcome.code}: ${lastLines(outcome.stdout + outcome.stderr)}`,
    )
  }

  /** What a tool says that must be refused, on both outputs. Some tools exit with 0 all the same. */
  async refused(tool: string, args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#run(tool, args)
    const said = `${stdout}\n${stderr}`
    if (code === 0 && !/error/i.test(said))
      throw new Error(`${tool} ${args.join(' ')} was not refused: ${lastLines(said)}`)
    return said
  }

  /** Starts a tool that goes on. */
  start(tool: string, args: readonly string[], onLine: (line: string) => void): LineProcess {
    return new LineProcess(kafkaScript, this.#args(tool, args), { timeoutMs: 2 * toolMs, env }, onLine)
  }

  async #run(tool: string, args: readonly string[], input?: string) {
    const outcome = await run(kafkaScript, this.#args(tool, args), {
      timeoutMs: toolMs,
      env,
      ...(input === undefined ? {} : { input }),
    })
    if (outcome.timedOut) throw new Error(`${tool} ${args.join(' ')}: not done after ${toolMs} ms`)
    return outcome
  }

  #args(tool: string, args: readonly string[]): string[] {
    const bootstrap = ['--bootstrap-server', this.target.bootstrap]
    switch (tool) {
      case 'kafka-dump-log':
        return ['tool', tool, ...args]
      case 'kafka-cluster':
        return ['tool', tool, ...args, ...bootstrap]
      default:
        return ['tool', tool, ...bootstrap, ...args]
    }
  }
}

/** Throws unless the text holds every pattern. */
export function expect(text: string, ...patterns: readonly RegExp[]): void {
  for (const pattern of patterns) {
    if (!pattern.test(text)) throw new Error(`no ${pattern} in: ${text.trim().slice(0, 600)}`)
  }
}

export function expectEqual(seen: unknown, due: unknown, what: string): void {
  const [left, right] = [JSON.stringify(seen), JSON.stringify(due)]
  if (left !== right) throw new Error(`${what}: ${left} where ${right} is due`)
}

/** The rows of a table of a tool: lines below the one that begins with `head`, cut at blanks. */
export function rowsBelow(text: string, head: string): string[][] {
  const lines = text.split('\n')
  const at = lines.findIndex((line) => line.startsWith(head))
  if (at < 0) throw new Error(`no line begins with ${head}: ${text.trim().slice(0, 600)}`)
  return lines
    .slice(at + 1)
    .map((line) => line.trim().split(/\s+/))
    .filter((row) => row.length > 1)
}
