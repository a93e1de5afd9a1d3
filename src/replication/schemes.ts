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
const primaryBackupScheme = once((backups) => {
  return { name: 'primary-backup', elect: 'fixed', commit: primaryCommit(backups), serve: serveAtBackup }
})

/** What a topic's settings say of its scheme. */
export interface SchemeSettings {
  readonly replicationScheme: Scheme['name']
  readonly minInsyncReplicas: number
  readonly replicationSyncBackups: number
}

/** The scheme that a topic's settings choose. */
export function schemeOf(topic: SchemeSettings): Scheme {
  switch (topic.replicationScheme) {
    case 'isr':
      return isrScheme(topic.minInsyncReplicas)
    case 'majority':
      return majorityScheme
    case 'primary-backup':
      return primaryBackupScheme(topic.replicationSyncBackups)
    default:
      return topic.replicationScheme satisfies never
  }
}

/** Who decides on the leaders of a topic of that scheme. */
export const electOf = (scheme: Scheme['name']): Scheme['elect'] =>
  schemeOf({ replicationScheme: scheme, minInsyncReplicas: 1, replicationSyncBackups: 0 }).elect

/** How a topic is to be replicated, as it is chosen when the topic is made. */
export interface Composition {
  readonly scheme: Scheme['name']
  readonly unit: 'partition' | 'broker'
  readonly replicas: number
  readonly syncBackups: number
  /** The brokers' own, on which every group's offsets rest. */
  readonly isInternal: boolean
}

/** Why a topic cannot be replicated so, as a sentence; null: it can. */
export function compositionFault(topic: Composition): string | null {
  const { scheme, unit, replicas, syncBackups } = topic
  if (unit === 'broker') return 'replication.unit=broker is not built yet: a topic has a log for each partition'
  if (topic.isInternal && electOf(scheme) === 'fixed') {
    return `offsets of groups are not replicated by ${scheme}: while a primary is away nobody could commit`
  }
  if (syncBackups > 0 && syncBackups >= replicas) {
    return `replication.sync.backups is ${syncBackups}, and the topic has no more than that many replicas`
  }
  return null
}
