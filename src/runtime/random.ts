/** Randomness of one broker. In simulation it comes from the seed. */
export interface Random {
  /** An integer in [0, below), `below` in [1, 2^31]. */
  integer(below: number): number
  /** A float in [0, 1). */
  float(): number
  /** Fresh bytes that the caller owns. Cryptographic quality on Node. */
  bytes(count: number): Uint8Array
}
