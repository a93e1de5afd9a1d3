/** The id that means none, in the form that Kafka prints. */
export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Sixteen bytes in the form that Kafka prints: 22 characters of base64url. */
export function uuidFromBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('base64url')
}
