import type { BrokerId } from '../replication/replica-id.ts'

/** A partition, with who ought to lead it and who does; -1: nobody. */
export interface LedPartition {
  readonly preferred: BrokerId
  readonly leader: BrokerId
}

/**
 * Those that ought to go back to their preferred leaders. As Kafka counts it, for each broker by itself: of the partitions that
 * it is preferred for more than so many percent are led by others.
 */
export function unbalanced<T extends LedPartition>(partitions: readonly T[], percentage: number): T[] {
  const counts = new Map<BrokerId, { all: number; away: number }>()
  for (const { preferred, leader } of partitions) {
    const count = counts.get(preferred) ?? { all: 0, away: 0 }
    count.all++
    if (leader !== preferred) count.away++
    counts.set(preferred, count)
  }
  return partitions.filter(({ preferred, leader }) => {
    const { all, away } = counts.get(preferred) as { all: number; away: number }
    return leader !== preferred && away * 100 > all * percentage
  })
}
