import { uuidFromBytes } from '../../codec/uuid.ts'
import type { Random } from '../../runtime/random.ts'

/** A random id (UUID version 4) in Kafka's 22 characters. None begins with '-', which command lines take for an option. */
export function newTopicId(random: Random): string {
  for (;;) {
    const bytes = random.bytes(16)
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
    const id = uuidFromBytes(bytes)
    if (!id.startsWith('-')) return id
  }
}
