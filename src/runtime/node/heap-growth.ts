import { setFlagsFromString } from 'node:v8'

/** What may lie uncollected beside what is in use, in percent of that. */
const uncollectedPercent = 50

/**
 * Has V8 collect before the heap has grown by half beyond what was in use after the last collection. By itself it lets the heap grow
 * to four times that where a program allocates fast, and does not shrink it while nothing more is allocated: a broker that others
 * make allocate would take, and keep, several times what it has bounds for.
 */
export function limitHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${uncollectedPercent}`)
}
