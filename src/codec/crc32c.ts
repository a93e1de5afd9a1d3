import { crc32c as native } from '@node-rs/crc32'

/**
 * CRC-32C (Castagnoli, RFC 3720) of `bytes[from, upTo)`, unsigned. Short inputs go through the table: a call into the
 * native code costs about as much as the table needs for `nativeFrom` bytes.
 */
export function crc32c(bytes: Buffer, from = 0, upTo: number = bytes.length): number {
  if (upTo - from < nativeFrom) return crc32cByTable(bytes, from, upTo)
  return native(from === 0 && upTo === bytes.length ? bytes : bytes.subarray(from, upTo))
}

/** The same of more bytes, which follow on those whose CRC was `before`. */
export function crc32cFollowing(before: number, bytes: Buffer): number {
  return native(bytes, before)
}

const nativeFrom = 64

const table = makeTable()

/** The same, one byte at a time: for short inputs, and what the native code is tested against. */
export function crc32cByTable(bytes: Uint8Array, from = 0, upTo: number = bytes.length): number {
  let crc = -1
  for (let i = from; i < upTo; i++) crc = (table[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8)
  return (crc ^ -1) >>> 0
}

function makeTable(): Int32Array {
  const reflectedPolynomial = 0x82f63b78
  const made = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ reflectedPolynomial
    made[byte] = crc
  }
  return made
}
