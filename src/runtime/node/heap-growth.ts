import { getHeapStatistics, setFlagsFromString } from 'node:v8'

/** From here on what lies uncollected is bounded; below, collecting so often would cost more than the memory is worth. */
const largeBytes = 64 * 1_048_576
/** What may lie uncollected beside what is in use, in percent of that. */
const uncollectedPercent = 50
const lookMs = 1_000

/**
 * Has V8 collect a heap that is large before it has grown by half beyond what was in use after the last collection. By itself it
 * lets it grow to four times that where a program allocates fast, and does not shrink it while nothing more is allocated: a
 * broker that others make allocate would take, and keep, several times what it has bounds for.
 */
export function limitHeapGrowth(): void {
  setInterval(fitHeapGrowth, lookMs).unref()
}

/** @public The test runs it in a process of its own. One look at the heap: V8 goes by what is set at the end of each collection; 0: by what it thinks best. */
export function fitHeapGrowth(): void {
  const isLarge = getHeapStatistics().used_heap_size > largeBytes
  setFlagsFromString(`--heap-growing-percent=${isLarge ? uncollectedPercent : 0}`)
}
