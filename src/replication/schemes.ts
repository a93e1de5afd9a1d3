import type { CommitPolicy } from './commit/commit-policy.ts'
import { isrCommit } from './commit/isr.ts'
import { majorityCommit } from './commit/majority.ts'
import { primaryCommit } from './commit/primary.ts'
import { type ServePolicy, serveAtBackup, serveAtLeader } from './serve/serve-policy.ts'

/** The three questions that a replication scheme answers. */
export interface Scheme {
  readonly name: 'isr' | 'majority' | 'primary-backup'
  /** Who decides on the leader: the metadata service, the replicas themselves by vote, or the order in which they stand. */
  readonly elect: 'coordinator' | 'self' | 'fixed'
  readonly commit: CommitPolicy
  readonly serve: ServePolicy
}

/** One serves all partitions that ask for the same. */
const once = (make: (count: number) => Scheme): ((count: number) => Scheme) => {
  const made = new Map<number, Scheme>()
  return (count) => {
    const scheme = made.get(count) ?? make(count)
    made.set(count, scheme)
    return scheme
  }
}

/** Kafka's scheme: the metadata service picks the leader from the in-sync set. By `min.insync.replicas`. */
export const isrScheme = once((minInSyncReplicas) => {
  return { name: 'isr', elect: 'coordinator', commit: isrCommit(minInSyncReplicas), serve: serveAtLeader }
})

/** Raft's and DLedger's: the replicas vote. The metadata log is replicated by it. */
export const majorityScheme: Scheme = { name: 'majority', elect: 'self', commit: majorityCommit, serve: serveAtLeader }

/** RocketMQ's classic: the first replica leads or nobody does. By how many backups must have what is acknowledged. */
const primaryBackupScheme = once((backups) => primaryBackup(backups, null))

/** The same where the primary goes on alone when they are slower than so many ms: by those, and by their number. */
const degradingScheme = new Map<number, (afterMs: number) => Scheme>()

function degradingSchemeOf(backups: number, afterMs: number): Scheme {
  const known = degradingScheme.get(backups) ?? once((ms) => primaryBackup(backups, ms))
  degradingScheme.set(backups, known)
  return known(afterMs)
}

function primaryBackup(backups: number, degradesAfterMs: number | null): Scheme {
  const commit = primaryCommit(backups, degradesAfterMs)
  return { name: 'primary-backup', elect: 'fixed', commit, serve: serveAtBackup }
}

/** What a topic's settings say of its scheme. */
export interface SchemeSettings {
  readonly replicationScheme: Scheme['name']
  readonly minInsyncReplicas: number
  readonly replicationSyncBackups: number
  readonly syncOnTimeout: 'none' | 'degrade'
  readonly syncBackupTimeoutMs: number
}

/** How many backups are sure to have whatever was acknowledged: none, where the primary may have gone on alone. */
export function sureBackupsOf(topic: Pick<SchemeSettings, 'replicationSyncBackups' | 'syncOnTimeout'>): number {
  return topic.syncOnTimeout === 'degrade' ? 0 : topic.replicationSyncBackups
}

/** The scheme that a topic's settings choose. */
export function schemeOf(topic: SchemeSettings): Scheme {
  switch (topic.replicationScheme) {
    case 'isr':
      return isrScheme(topic.minInsyncReplicas)
    case 'majority':
      return majorityScheme
    case 'primary-backup': {
      const { replicationSyncBackups: backups, syncOnTimeout, syncBackupTimeoutMs } = topic
      const degrades = syncOnTimeout === 'degrade' && backups > 0
      return degrades ? degradingSchemeOf(backups, syncBackupTimeoutMs) : primaryBackupScheme(backups)
    }
    default:
      return topic.replicationScheme satisfies never
  }
}

const leastSettings = {
  minInsyncReplicas: 1,
  replicationSyncBackups: 0,
  syncOnTimeout: 'none',
  syncBackupTimeoutMs: 0,
} as const

/** Who decides on the leaders of a topic of that scheme. */
export const electOf = (scheme: Scheme['name']): Scheme['elect'] =>
  schemeOf({ ...leastSettings, replicationScheme: scheme }).elect

/** How a topic is to be replicated, as it is chosen when the topic is made. */
export interface Composition {
  readonly scheme: Scheme['name']
  readonly unit: 'partition' | 'broker'
  readonly replicas: number
  readonly syncBackups: number
  /** It is dealt over broker groups. */
  readonly hasGroups: boolean
  /** The newest record of each key is kept, and not those of a time. */
  readonly compacts: boolean
  /** The brokers' own, on which every group's offsets rest. */
  readonly isInternal: boolean
}

/** Why a topic cannot be replicated so, as a sentence; null: it can. */
export function compositionFault(topic: Composition): string | null {
  const { scheme, replicas, syncBackups } = topic
  const unitFault = topic.unit === 'broker' ? commitLogFault(topic) : null
  if (unitFault !== null) return unitFault
  if (topic.isInternal && electOf(scheme) === 'fixed') {
    return `offsets of groups are not replicated by ${scheme}: while a primary is away nobody could commit`
  }
  if (syncBackups > 0 && syncBackups >= replicas) {
    return `replication.sync.backups is ${syncBackups}, and the topic has no more than that many replicas`
  }
  return null
}

/** Why its partitions cannot be queues of the commit logs of broker groups. */
function commitLogFault({ scheme, isInternal, hasGroups, compacts }: Composition): string | null {
  const unit = 'replication.unit=broker'
  if (isInternal) return `${unit}: offsets of groups have logs of their own, which are compacted`
  if (!hasGroups)
    return `${unit}: it is the broker groups of replication.groups that have a log each, and none are named`
  if (compacts) return `${unit}: a commit log of many topics is not compacted (cleanup.policy)`
  if (electOf(scheme) !== 'coordinator') return null
  return `${unit}: an in-sync set is that of one partition; a commit log is replicated by majority or primary-backup`
}
