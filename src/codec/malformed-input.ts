/**
 * Bytes that are not what they should be: cut short, a count or size that cannot be true, an integer beyond what we can
 * hold. The only thing that decoding throws: a peer's bad bytes are a refusal, never an accident.
 */
export class MalformedInput extends Error {
  /** Byte position in what was decoded. */
  readonly position: number
  readonly #what: string
  #path = ''

  constructor(what: string, position: number) {
    super(`${what} at byte ${position}`)
    this.name = 'MalformedInput'
    this.position = position
    this.#what = what
  }

  /** Where in the message, outermost first: `topics[2].partitions[0].records`. Empty outside of messages. */
  get path(): string {
    return this.#path
  }

  /** Called on the way out, by each field and array that the bytes were part of. */
  inside(step: string): this {
    const joint = this.#path === '' || this.#path.startsWith('[') ? '' : '.'
    this.#path = step + joint + this.#path
    this.message = `${this.#what} at byte ${this.position}, in ${this.#path}`
    return this
  }
}
