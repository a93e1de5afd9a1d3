import type { Scheme } from './schemes.ts'

/** How many replicas may fail, whichever they are. */
export interface Tolerance {
  /** Before a record is lost that was acknowledged to acks=all. */
  readonly data: number
  /** While such records are still acknowledged, once those that are left have caught up; -1: they are not now. */
  readonly writes: number
}

/** What tolerance depends on, of a partition. */
export interface Redundancy {
  readonly scheme: Scheme['name']
  readonly replicas: number
  readonly minInSyncReplicas: number
  readonly syncBackups: number
  /** The primary goes on alone when they are too slow, and nobody but itself is sure to have everything. */
  readonly degrades?: boolean
}

/** What is promised, whatever has happened before: from the worst state that the scheme goes on in. */
export function tolerance(partition: Redundancy): Tolerance {
  const { replicas } = partition
  switch (partition.scheme) {
    case 'isr': {
      const required = requiredOf(partition)
      return { data: required - 1, writes: Math.min(replicas - required, required - 1) }
    }
    case 'majority':
      return { data: majorityOf(replicas) - 1, writes: replicas - majorityOf(replicas) }
    case 'primary-backup':
      // Without its primary a partition takes no writes, however many backups it has.
      return { data: partition.degrades === true ? 0 : Math.min(partition.syncBackups, replicas - 1), writes: 0 }
    default:
      return partition.scheme satisfies never
  }
}

/** The same for the state that a partition is in. */
export function toleranceNow(
  partition: Redundancy,
  state: {
    readonly isLed: boolean
    /** Replicas whose brokers are alive. */
    readonly alive: number
    readonly inSync: number
    /** Not in sync, and may be elected all the same. */
    readonly eligible: number
  },
): Tolerance {
  const promised = tolerance(partition)
  const { isLed, alive, inSync, eligible } = state
  if (partition.scheme === 'isr') {
    const spare = inSync - requiredOf(partition)
    return { data: Math.max(0, inSync + eligible - 1), writes: isLed && spare >= 0 ? spare : -1 }
  }
  if (partition.scheme === 'majority') {
    const spare = alive - majorityOf(partition.replicas)
    return { ...promised, writes: isLed && spare >= 0 ? spare : -1 }
  }
  return { ...promised, writes: isLed && (partition.degrades === true || alive > partition.syncBackups) ? 0 : -1 }
}

const majorityOf = (replicas: number): number => Math.floor(replicas / 2) + 1

/** No more than there are can be asked for. */
const requiredOf = ({ minInSyncReplicas, replicas }: Redundancy): number => Math.min(minInSyncReplicas, replicas)
