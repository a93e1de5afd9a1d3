import { once } from 'node:events'

/** One finding in a file: facts for programs and a line for people, or damage. */
export type Dumped = { readonly facts: object; readonly line: string } | { readonly damage: string }

/** Prints findings as they come: a segment may be larger than memory. */
export class DumpPrinter {
  readonly #json: boolean
  #damages = 0

  constructor(json: boolean) {
    this.#json = json
  }

  get damages(): number {
    return this.#damages
  }

  file(path: string): void {
    if (!this.#json) process.stdout.write(`${path}\n`)
  }

  async print(file: string, one: Dumped): Promise<void> {
    if ('damage' in one) this.#damages++
    const text = this.#json
      ? JSON.stringify('damage' in one ? { file, damage: one.damage } : { file, ...one.facts })
      : 'damage' in one
        ? `  DAMAGED: ${one.damage}`
        : `  ${one.line}`
    if (!process.stdout.write(`${text}\n`)) await once(process.stdout, 'drain')
  }
}
