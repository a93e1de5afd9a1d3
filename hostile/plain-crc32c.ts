/** CRC-32C bit by bit, from its polynomial alone: what the fast one is held against. */
export function plainCrc32c(bytes: Uint8Array, from: number, upTo: number): number {
  let crc = 0xffffffff
  for (let at = from; at < upTo; at++) {
    crc ^= bytes[at] as number
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78
  }
  return (crc ^ 0xffffffff) >>> 0
}
