import { createHash } from 'node:crypto'

/** SHA-256 over the lines of a trace, each of which is also handed on. */
export class TraceDigest {
  readonly #hash = createHash('sha256')
  readonly #onLine: (line: string) => void

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  add(line: string): void {
    this.#hash.update(line).update('\n')
    this.#onLine(line)
  }

  /** Called once, after the last line. */
  hex(): string {
    return this.#hash.digest('hex')
  }
}
