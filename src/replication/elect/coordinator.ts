import type { BrokerId } from '../replica-id.ts'

/** Who may lead a partition of a `coordinator` group, as the metadata image knows it. */
export interface Candidates {
  /** In the order of preference: the first is the preferred leader. */
  readonly replicas: readonly BrokerId[]
  readonly inSync: readonly BrokerId[]
  /** Eligible leader replicas: left the in-sync set when it was small, and have lost nothing since (KIP-966). */
  readonly eligible: readonly BrokerId[]
  /** Whether the broker is registered and not fenced. */
  readonly alive: (broker: BrokerId) => boolean
}

/** The next leader: a living member of the in-sync set, else of the eligible ones, in order of preference; else null. */
export function electFromInSync(candidates: Candidates): BrokerId | null {
  const living = candidates.replicas.filter(candidates.alive)
  return (
    living.find((broker) => candidates.inSync.includes(broker)) ??
    living.find((broker) => candidates.eligible.includes(broker)) ??
    null
  )
}
