/**
 * Which partition of `__consumer_offsets` a group lives in: Java's `String.hashCode` without its sign, modulo the
 * number of partitions. Every Kafka broker and tool computes the same, so it can't be chosen.
 */
export function partitionOf(groupId: string, partitions: number): number {
  let hash = 0
  for (let at = 0; at < groupId.length; at++) hash = (Math.imul(hash, 31) + groupId.charCodeAt(at)) | 0
  // Kafka clears the result for the one value whose absolute value is no int.
  const absolute = hash === -2_147_483_648 ? 0 : Math.abs(hash)
  return absolute % partitions
}
