/** Counts what reads from disk hold in memory for one reader, and may refuse more. */
export interface ReadMemory {
  /** Takes at least `least` and at most `wanted` bytes, and says how many; 0: not now. */
  take(least: number, wanted: number): number
  give(bytes: number): void
}

/** Refuses nothing: for readers whose reads are bounded otherwise. */
export const unboundedReadMemory: ReadMemory = { take: (_, wanted) => wanted, give() {} }
