/** Sequence numbers of an idempotent producer: 0 to 2^31 - 1, then 0 again (KIP-98). -1: none. */
export const sequenceMax = 0x7fff_ffff

/** The sequence `by` (>= 0) records after `sequence`. */
export function sequenceAfter(sequence: number, by: number): number {
  const sum = sequence + by
  return sum > sequenceMax ? sum - sequenceMax - 1 : sum
}

/** The sequence `by` (>= 0) records before `sequence`. */
export function sequenceBefore(sequence: number, by: number): number {
  const difference = sequence - by
  return difference < 0 ? difference + sequenceMax + 1 : difference
}
