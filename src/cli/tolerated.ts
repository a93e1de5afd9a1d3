import type { TopicConfigEntry } from '../client/configs.ts'
import type { Scheme } from '../replication/schemes.ts'
import { type Redundancy, type Tolerance, toleranceNow } from '../replication/tolerance.ts'

type Rules = Omit<Redundancy, 'replicas'>

/** What a topic's settings say of it; null: the broker is none of Trilog's, and does not say by which scheme. */
export function redundancyOf(entries: readonly TopicConfigEntry[]): Rules | null {
  const value = (name: string): string | null => entries.find((entry) => entry.name === name)?.value ?? null
  const scheme = value('replication.scheme') as Scheme['name'] | null
  if (scheme === null) return null
  const number = (name: string, otherwise: number): number => Number(value(name) ?? otherwise)
  return {
    scheme,
    minInSyncReplicas: number('min.insync.replicas', 1),
    syncBackups: number('replication.sync.backups', 0),
    degrades: value('sync.on.timeout') === 'degrade',
  }
}

/** How many replicas of a partition may fail from now on, whichever they are. */
export function tolerated(
  rules: Rules,
  state: {
    readonly leader: number
    readonly replicas: readonly number[]
    readonly inSync: readonly number[]
    readonly eligible: readonly number[]
    readonly alive: ReadonlySet<number>
  },
): Tolerance {
  const { leader, replicas, inSync, eligible, alive } = state
  // A backup that stands in for its primary leads nothing.
  const isLed = leader >= 0 && (rules.scheme !== 'primary-backup' || leader === replicas[0])
  return toleranceNow(
    { ...rules, replicas: replicas.length },
    {
      isLed,
      alive: replicas.filter((broker) => alive.has(broker)).length,
      inSync: inSync.length,
      eligible: eligible.length,
    },
  )
}

export const toleratedText = (tolerates: Tolerance | null): string | null =>
  tolerates === null ? null : `data ${tolerates.data}, writes ${tolerates.writes < 0 ? 'none' : tolerates.writes}`
