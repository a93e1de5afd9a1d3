/**
 * A running hash over everything that a world did, to tell whether two runs were the same run. Two multiplicative
 * 32-bit lanes: fast, and far from cryptographic.
 */
export class TraceHash {
  #low = 0x811c9dc5
  #high = 0x9e3779b9

  addText(text: string): void {
    for (let index = 0; index < text.length; index++) this.#mix(text.charCodeAt(index))
    this.#mix(-1)
  }

  /** A float's integer and fractional part (to 2^-20) count. */
  addNumber(value: number): void {
    this.#mix(value | 0)
    this.#mix(((value - Math.floor(value)) * 0x100000) | 0)
  }

  /** 16 hexadecimal digits. */
  get digest(): string {
    return [this.#low, this.#high].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('')
  }

  #mix(word: number): void {
    this.#low = Math.imul(this.#low ^ word, 0x01000193)
    this.#low ^= this.#low >>> 15
    this.#high = Math.imul(this.#high ^ word, 0x85ebca6b)
    this.#high ^= this.#high >>> 13
  }
}
