/**
 * How the runner talks with a client. Each client is a small program in `clients/NAME/` that knows the commands
 *
 *     version | create-topic | describe | list-topics | add-partitions | delete-topic | describe-config | alter-config
 *     produce | consume | offsets-for-time | delete-records | group
 *
 * with `--NAME VALUE` options (see `ClientOptions`), and writes lines of tab-separated fields, the first names the kind:
 *
 *     record PARTITION OFFSET TIMESTAMP KEY VALUE [NAME=VALUE ...]   sent COUNT   assigned PARTITION ...   revoked PARTITION ...
 *     partition ID LEADER   topic NAME   config NAME VALUE   offset PARTITION OFFSET   version TEXT
 *     error NAME TEXT (and exit code 1; NAME is the client's own name of the error)
 *
 * `produce` reads `TIMESTAMP KEY VALUE [NAME=VALUE ...]` lines, where an empty timestamp is none and `\N` is null;
 * `consume` reads from the start, or a time, to the end that it finds; `group` joins a group and commits what it has
 * shown, until it is told `leave` or has shown `--stop-after` records; told `die` it ends at once. `assigned` names all
 * partitions that the member has from then on. What is right or wrong is decided by the cases alone, the same for all clients.
 */
import type { CaseName } from './cases/case-name.ts'
import { LineProcess, lastLines, run } from './child.ts'
import { parseRecordLine, type ReadRecord, type SentRecord, sentRecordLine } from './records.ts'

/** What a client may have no means for: a whole case, or a step of one. */
export type Lack = CaseName | 'add-partitions' | 'null-record' | 'empty-value'

export interface ClientProgram {
  readonly name: string
  /** Part of the everyday run, which CI does, too; the others are run with `--all` or by name. */
  readonly everyday: boolean
  /** What it is and how it gets here, for the page about clients. */
  readonly about: string
  readonly installedBy: string
  readonly command: string
  /** Arguments before those of the protocol. */
  readonly prefix: readonly string[]
  /** Readies it; null when it can be used, else why not. */
  install(): Promise<string | null>
  /** Compression codecs that it has without further packages. */
  readonly codecs: readonly string[]
  /** Whether each record has headers of its own; kcat gives one set of headers to a whole run. */
  readonly headersPerRecord: boolean
  /** Whether a producer gives timestamps of its own. */
  readonly setsTimestamps: boolean
  /** What the client has no means for, each with the reason. */
  readonly lacks: Readonly<Partial<Record<Lack, string>>>
  /** What a reader of the matrix should know about how it was run. */
  readonly notes: readonly string[]
}

export interface ClientOptions {
  topic?: string
  /** Partitions in all. */
  partitions?: number
  /** One NAME=VALUE. */
  config?: string
  compression?: string
  idempotent?: true
  acks?: string
  timestamp?: number
  'from-time'?: number
  /** At the end, seek back to this offset in each partition and read to the end once more. */
  'again-from'?: number
  /** Bytes that a fetch asks for. */
  'fetch-max'?: number
  /** Of partition 0. */
  offset?: number
  group?: string
  'stop-after'?: number
  assignor?: string
  instance?: string
}

/** What a client said was wrong. */
export class ClientError extends Error {
  /** The client's own name for it. */
  readonly kind: string

  constructor(kind: string, message: string) {
    super(message)
    this.kind = kind
  }
}

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

  async createTopic(topic: string, partitions: number, config?: string): Promise<void> {
    await this.lines('create-topic', { topic, partitions, ...(config === undefined ? {} : { config }) })
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
    if (error !== undefined) {
      const text = `${command}: ${error.slice(1).join(': ')} ${lastLines(outcome.stderr, 1)}`
      throw new ClientError(error[1] ?? '', text)
    }
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
    const named = { bootstrap: this.bootstrap, ...options }
    const flags = Object.entries(named).flatMap(([name, value]) =>
      value === true ? [`--${name}`] : [`--${name}`, String(value)],
    )
    return [...this.program.prefix, command, ...flags]
  }
}
