/** The members of a broker group of a local cluster. */
interface RingGroup {
  readonly name: string
  readonly members: readonly number[]
}

/** Votes of more than so many cost more than they save. */
const votersMax = 5

/**
 * The broker groups of a local cluster that begin with broker `id`: itself, and the brokers after it in the ring. `group-<id>`
 * has so many backups; from three brokers on `majority-<id>` has all of them, five at most, an odd number.
 */
export function ringGroups(id: number, brokers: number, backups: number): RingGroup[] {
  const ring = (size: number): number[] => Array.from({ length: size }, (_, nth) => ((id - 1 + nth) % brokers) + 1)
  const pair = { name: `group-${id}`, members: ring(Math.min(backups + 1, brokers)) }
  const voters = Math.min(votersMax, brokers % 2 === 0 ? brokers - 1 : brokers)
  return brokers < 3 ? [pair] : [pair, { name: `majority-${id}`, members: ring(voters) }]
}
