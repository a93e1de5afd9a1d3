import { randomBytes, randomInt } from 'node:crypto'
import type { Random } from '../random.ts'

export const nodeRandom: Random = {
  integer: (below) => randomInt(below),
  float() {
    const bytes = randomBytes(8)
    // 53 bits, all that a double in [0, 1) can tell apart at even spacing.
    return (bytes.readUInt32LE(0) * 0x200000 + (bytes.readUInt32LE(4) >>> 11)) / 2 ** 53
  },
  // A plain Uint8Array with memory of its own: `randomBytes` of small counts may be views on a shared pool.
  bytes: (count) => new Uint8Array(randomBytes(count)),
}
