/**
 * A value that the format cannot carry: a number out of range, null where the version has no null, a field that the
 * version lacks. It is our own mistake, not a peer's.
 */
export class UnencodableValue extends Error {
  readonly #what: string
  #path = ''

  constructor(what: string) {
    super(what)
    this.name = 'UnencodableValue'
    this.#what = what
  }

  /** Called on the way out, by each field and array that the value was part of. */
  inside(step: string): this {
    const joint = this.#path === '' || this.#path.startsWith('[') ? '' : '.'
    this.#path = step + joint + this.#path
    this.message = `${this.#path}: ${this.#what}`
    return this
  }
}
