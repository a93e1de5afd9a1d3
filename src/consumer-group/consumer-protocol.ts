/** The protocol type whose subscriptions the broker understands a little; all others are opaque to it. */
export const consumerProtocolType = 'consumer'

/**
 * Topics of a consumer's subscription metadata, or null when the bytes are no such thing. Every version of the
 * format begins with what version 0 has: a version (int16) and an array (int32 count) of names (int16 length, UTF-8).
 */
export function subscribedTopicsOf(metadata: Uint8Array): readonly string[] | null {
  const view = new DataView(metadata.buffer, metadata.byteOffset, metadata.byteLength)
  if (view.byteLength < 6 || view.getInt16(0) < 0) return null
  const count = view.getInt32(2)
  // Each name takes two bytes at least: a lying count makes no large loop.
  if (count < 0 || count > (view.byteLength - 6) / 2) return null
  const topics: string[] = []
  let at = 6
  for (let index = 0; index < count; index++) {
    if (at + 2 > view.byteLength) return null
    const length = view.getInt16(at)
    at += 2
    if (length < 0 || at + length > view.byteLength) return null
    topics.push(text.decode(metadata.subarray(at, at + length)))
    at += length
  }
  return topics
}

const text = new TextDecoder()
