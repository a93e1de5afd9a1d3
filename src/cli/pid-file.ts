import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { identityOf } from './process-identity.ts'

/**
 * Which process is the broker of a folder. The file holds the process id alone, for people and their scripts; beside it
 * `<path>.started` holds the id with the process's start, as ids come again: only both together name the broker.
 */
export class PidFile {
  readonly path: string
  readonly #startedPath: string

  constructor(path: string) {
    this.path = path
    this.#startedPath = `${path}.started`
  }

  /** The id of the running broker, or null: none, or the id belongs to somebody else now. */
  running(): number | null {
    const pid = Number(read(this.path))
    if (!Number.isSafeInteger(pid) || pid <= 0) return null
    const identity = identityOf(pid)
    return identity !== null && read(this.#startedPath) === `${pid} ${identity}` ? pid : null
  }

  /** Writes the file for this process. */
  write(): void {
    // The start first: a reader that sees the id must be able to check it.
    replace(this.#startedPath, `${process.pid} ${identityOf(process.pid) ?? ''}\n`)
    replace(this.path, `${process.pid}\n`)
  }

  /** Takes the file away, if it is still this process's. */
  remove(): void {
    if (this.running() !== process.pid) return
    rmSync(this.path, { force: true })
    rmSync(this.#startedPath, { force: true })
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

function replace(path: string, text: string): void {
  writeFileSync(`${path}.tmp`, text)
  renameSync(`${path}.tmp`, path)
}
