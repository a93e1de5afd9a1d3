import type { ReplicaState } from '../client/replica-states.ts'
import type { Scheme } from '../replication/schemes.ts'

/** One replica of a partition, as it is shown. */
export interface ReplicaFacts {
  readonly broker: number
  readonly role: string
  /** Null: its broker does not say. */
  readonly logEndOffset: number | null
  /** Entries that the leader has and it has not; null: that is not known. */
  readonly lag: number | null
}

/** How far each replica of a partition is. What a leader that is away had is not known, and so no lag. */
export function replicaFacts(
  partition: { readonly replicas: readonly number[]; readonly leader: number; readonly inSync: readonly number[] },
  states: readonly ReplicaState[],
  scheme: Scheme['name'] | null,
): ReplicaFacts[] {
  const leaderEnd = states.find(({ leads }) => leads)?.logEndOffset ?? null
  return partition.replicas.map((broker, at) => {
    const state = states.find((one) => one.broker === broker)
    const logEndOffset = state?.logEndOffset ?? null
    const lag = leaderEnd === null || logEndOffset === null ? null : Math.max(0, leaderEnd - logEndOffset)
    return { broker, role: roleOf(partition, { broker, at, state, scheme }), logEndOffset, lag }
  })
}

function roleOf(
  { leader, inSync }: { readonly leader: number; readonly inSync: readonly number[] },
  replica: {
    readonly broker: number
    readonly at: number
    readonly state: ReplicaState | undefined
    readonly scheme: Scheme['name'] | null
  },
): string {
  const { broker, at, state, scheme } = replica
  if (state === undefined) return 'away'
  if (state.suspect) return 'suspect'
  if (scheme === 'primary-backup') return at === 0 ? 'primary' : 'backup'
  if (state.leads || broker === leader) return 'leader'
  if (scheme === 'majority') return 'voter'
  return inSync.includes(broker) ? 'in sync' : 'behind'
}

/** `1 leader 120, 2 voter 118 (-2)`: brokers, roles, log ends and lags. */
export const replicasText = (replicas: readonly ReplicaFacts[]): string =>
  replicas
    .map(({ broker, role, logEndOffset, lag }) => {
      const end = logEndOffset === null ? '' : ` ${logEndOffset}`
      return `${broker} ${role}${end}${lag === null || lag === 0 ? '' : ` (-${lag})`}`
    })
    .join(', ')
