/** Longer than anything waits; the longest that a timer takes. */
const longMs = 0x7fffffff

/**
 * Does something that may wait for nothing but timers of the broker, which let a process end that has nothing else to do.
 * The process goes on until it is done.
 */
export async function whileProcessLives<T>(work: () => Promise<T>): Promise<T> {
  const hold = setTimeout(() => {}, longMs)
  try {
    return await work()
  } finally {
    clearTimeout(hold)
  }
}
