/**
 * How the runner talks with a client. Each client is a small program in `clients/NAME/` that knows the commands
 *
 *     version | create-topic | describe | produce | consume | group | offsets-for-time
 *
 * with `--bootstrap --topic --partitions --group --timestamp --from-time --stop-after --compression --idempotent`, and
 * writes lines of tab-separated fields, the first of which names the kind:
 *
 *     record PARTITION OFFSET TIMESTAMP KEY VALUE [NAME=VALUE ...]   assigned PARTITION ...   sent COUNT
 *     partition ID LEADER   offset PARTITION OFFSET   version TEXT   error NAME TEXT (and exit code 1)
 *
 * `produce` reads `KEY VALUE [NAME=VALUE ...]` lines; `consume` reads from the start, or a time, to the end that it finds;
 * `group` joins a group and commits what it has shown, until it is told `leave` or has shown `--stop-after` records.
 * What is right or wrong is decided by the cases alone, the same for all clients.
 */
import { LineProcess, lastLines, run } from './child.ts'
import { parseRecordLine, type ReadRecord, type SentRecord, sentRecordLine } from './records.ts'

export interface ClientProgram {
  readonly name: string
  readonly command: string
  /** Arguments before those of the protocol. */
  readonly prefix: readonly string[]
  /** Readies it; null when it can be used, else why not. */
  install(): Promise<string | null>
  /** kcat gives one set of headers to a whole run. */
  readonly headersPerRecord: boolean
  /** Null when the client can create topics, else why not. */
  readonly cannotCreateTopics: string | null
  /** Compression codecs that it has without further packages. */
  readonly codecs: readonly string[]
}

export type ClientOptions = Record<string, string | number | true>

const commandMs = 60_000

/** One client against one broker. */
export class ClientSession {
  readonly program: ClientProgram
  readonly bootstrap: string

  constructor(program: ClientProgram, bootstrap: string) {
    this.program = program
    this.bootstrap = bootstrap
  }

  async version(): Promise<string> {
    const lines = await this.lines('version', {})
    return lines.find((fields) => fields[0] === 'version')?.[1] ?? 'unknown'
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    await this.lines('create-topic', { topic, partitions })
  }

  async produce(topic: string, records: readonly SentRecord[], options: ClientOptions = {}): Promise<void> {
    await this.lines('produce', { topic, ...options }, `${records.map(sentRecordLine).join('\n')}\n`)
  }

  async consume(topic: string, options: ClientOptions = {}): Promise<ReadRecord[]> {
    const lines = await this.lines('consume', { topic, ...options })
    return lines.filter((fields) => fields[0] === 'record').map(parseRecordLine)
  }

  /** Runs a command to its end; throws with what the client said when it fails. */
  async lines(command: string, options: ClientOptions, input?: string): Promise<string[][]> {
    const outcome = await run(this.program.command, this.#args(command, options), {
      timeoutMs: commandMs,
      ...(input === undefined ? {} : { input }),
    })
    const lines = outcome.stdout.split('\n').filter((line) => line !== '')
    const fields = lines.map((line) => line.split('\t'))
    const error = fields.find(([kind]) => kind === 'error')
    if (error !== undefined) throw new Error(`${command}: ${error.slice(1).join(': ')} ${lastLines(outcome.stderr, 1)}`)
    if (outcome.timedOut) throw new Error(`${command}: not done after ${commandMs} ms: ${lastLines(outcome.stderr)}`)
    if (outcome.code !== 0) throw new Error(`${command}: exit code ${outcome.code}: ${lastLines(outcome.stderr)}`)
    return fields
  }

  /** Starts a command that goes on; `onFields` gets each line. */
  start(command: string, options: ClientOptions, onFields: (fields: string[]) => void): LineProcess {
    const onLine = (line: string): void => onFields(line.split('\t'))
    return new LineProcess(this.program.command, this.#args(command, options), { timeoutMs: 2 * commandMs }, onLine)
  }

  #args(command: string, options: ClientOptions): string[] {
    const named: ClientOptions = { bootstrap: this.bootstrap, ...options }
    const flags = Object.entries(named).flatMap(([name, value]) =>
      value === true ? [`--${name}`] : [`--${name}`, String(value)],
    )
    return [...this.program.prefix, command, ...flags]
  }
}
