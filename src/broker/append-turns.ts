import type { ServedPartition } from '../replica/served-partition.ts'

/**
 * Keeps the order of appends to one partition when one of them cannot be placed at once. Only the first uses of a codec
 * that is still being loaded wait at all.
 */
const waiting = new WeakMap<ServedPartition, Promise<unknown>>()

/** Whether an append to the replica waits, so that the next one has to go behind it. */
export function someWait(replica: ServedPartition): boolean {
  return waiting.has(replica)
}

/** Runs `place` behind the appends to the replica that wait already, once `ready`. */
export async function inTurn<T>(
  replica: ServedPartition,
  ready: Promise<unknown>,
  place: () => T | Promise<T>,
): Promise<T> {
  const before = waiting.get(replica) ?? Promise.resolve()
  const mine = Promise.all([before, ready]).then(() => {
    if (waiting.get(replica) === settled) waiting.delete(replica)
    // In an object, so that what `place` gives back is not waited for here.
    return { placed: place() }
  })
  const settled = mine.catch(() => {})
  waiting.set(replica, settled)
  return (await mine).placed
}
