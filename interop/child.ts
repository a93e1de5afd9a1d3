/**
 * Child processes of the runners. Each is bounded in time and ended by its own process id, also when the runner
 * fails or is interrupted.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface RunOptions {
  /** Milliseconds after which the process is ended. */
  timeoutMs: number
  /** Text for its standard input, which is then closed. */
  input?: string
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** Part of stopping: runs also after an interrupt. */
  cleanup?: true
}

export interface Outcome {
  /** Exit code; null when a signal ended it. */
  code: number | null
  stdout: string
  stderr: string
  timedOut: boolean
}

const live = new Set<ChildProcess>()
const closers = new Set<() => Promise<void>>()
let interrupted = false
let ending: Promise<void> | null = null

/** Runs a command to its end. Refuses nothing: the caller judges code and output. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  // Never settles: what waits for it ends with the process.
  if (interrupted && options.cleanup === undefined) return new Promise(() => {})
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...placeOf(options), stdio: ['pipe', 'pipe', 'pipe'] })
    track(child)
    let stdout = ''
    let stderr = ''
    let timedOut = false
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    // A command that ends before it has read its input is judged by its exit code, not by the broken pipe.
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
    const timer = setTimeout(() => {
      timedOut = true
      void end(child)
    }, options.timeoutMs)
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, stdout, stderr, timedOut })
    })
  })
}

/** Runs a command that must end well; throws with the last lines it wrote otherwise. */
export async function runOrThrow(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const outcome = await run(command, args, options)
  if (outcome.code === 0 && !outcome.timedOut) return outcome.stdout
  const how = outcome.timedOut ? `not done after ${options.timeoutMs} ms` : `exit code ${outcome.code}`
  throw new Error(`${command} ${args.join(' ')}: ${how}: ${lastLines(outcome.stderr || outcome.stdout)}`)
}

/** Runs a command that may fail, or not be there; null when it ended well, else why not. */
export async function failureOf(command: string, args: readonly string[], options: RunOptions): Promise<string | null> {
  return runOrThrow(command, args, options).then(() => null, failureText)
}

export function failureText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export function lastLines(text: string, count = 3): string {
  return text.trim().split('\n').slice(-count).join(' | ')
}

/** A process that talks in lines while it runs. */
export class LineProcess {
  readonly exited: Promise<number | null>
  readonly #child: ChildProcess
  #stderr = ''

  constructor(command: string, args: readonly string[], options: RunOptions, onLine: (line: string) => void) {
    if (interrupted) throw new Error('interrupted')
    const child = spawn(command, args, { ...placeOf(options), stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child = child
    track(child)
    child.stdin.on('error', () => {})
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr = (this.#stderr + text).slice(-8192)))
    const lines = createInterface({ input: child.stdout })
    lines.on('line', onLine)
    const timer = setTimeout(() => void end(child), options.timeoutMs)
    this.exited = new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => {
        clearTimeout(timer)
        resolve(code)
      })
    })
    this.exited.catch(() => {})
  }

  /** The newest 8 KiB of its standard error. */
  get stderr(): string {
    return this.#stderr
  }

  get pid(): number | null {
    return this.#child.pid ?? null
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  send(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  closeInput(): void {
    this.#child.stdin?.end()
  }

  end(): Promise<void> {
    return end(this.#child)
  }
}

/** Registers what must be stopped when the runner ends, however it ends. Returns the way to take it back. */
export function onEnd(close: () => Promise<void>): () => void {
  closers.add(close)
  return () => closers.delete(close)
}

/** Runs a program's main function; ends every child and calls every closer, also on failure and on Ctrl-C. */
export async function runMain(main: () => Promise<number>): Promise<void> {
  const stop = (signal: string, code: number): void => {
    interrupted = true
    process.stderr.write(`\n${signal}: stopping\n`)
    void endAll().finally(() => process.exit(code))
  }
  process.once('SIGINT', () => stop('SIGINT', 130))
  process.once('SIGTERM', () => stop('SIGTERM', 143))
  try {
    process.exitCode = await main()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  } finally {
    await endAll()
  }
}

/** Once: a second caller waits for the first, whose own commands must not be ended. */
function endAll(): Promise<void> {
  ending ??= endEverything()
  return ending
}

async function endEverything(): Promise<void> {
  await Promise.all([...live].map(end))
  await Promise.allSettled([...closers].map((close) => close()))
  closers.clear()
}

/** SIGTERM, then SIGKILL after two seconds. */
function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 2000)
    child.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill('SIGTERM')
  })
}

function track(child: ChildProcess): void {
  live.add(child)
  child.on('close', () => live.delete(child))
  child.on('error', () => live.delete(child))
}

function placeOf(options: RunOptions): { cwd?: string; env: NodeJS.ProcessEnv } {
  return { ...(options.cwd === undefined ? {} : { cwd: options.cwd }), env: { ...process.env, ...options.env } }
}
