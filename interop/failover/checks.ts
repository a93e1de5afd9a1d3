/** What a run has to show: each is told when it is known, and the run fails if one does not hold. */
export class Checks {
  #broken = 0

  /** `seen` is what was found, whether it holds or not. */
  check(holds: boolean, what: string, seen = ''): void {
    if (!holds) this.#broken++
    process.stdout.write(`${holds ? 'holds ' : 'BROKEN'} ${what}${seen === '' ? '' : `: ${seen}`}\n`)
  }

  get exitCode(): number {
    return this.#broken === 0 ? 0 : 1
  }
}
