import type { CommitPolicy } from './commit/commit-policy.ts'
import { isrCommit } from './commit/isr.ts'
import { majorityCommit } from './commit/majority.ts'
import { type ServePolicy, serveAtLeader } from './serve/serve-policy.ts'

/** The three questions that a replication scheme answers. */
export interface Scheme {
  readonly name: 'isr' | 'majority'
  /** Who decides on the leader: the metadata service, or the replicas themselves by vote. */
  readonly elect: 'coordinator' | 'self'
  readonly commit: CommitPolicy
  readonly serve: ServePolicy
}

const isrSchemes = new Map<number, Scheme>()

/** Kafka's scheme: the metadata service picks the leader from the in-sync set. One serves all partitions that ask for as many members. */
export function isrScheme(minInSyncReplicas: number): Scheme {
  const known = isrSchemes.get(minInSyncReplicas)
  if (known !== undefined) return known
  const commit = isrCommit(minInSyncReplicas)
  const scheme: Scheme = { name: 'isr', elect: 'coordinator', commit, serve: serveAtLeader }
  isrSchemes.set(minInSyncReplicas, scheme)
  return scheme
}

/** Raft's and DLedger's: the replicas vote. The metadata log is replicated by it. */
export const majorityScheme: Scheme = { name: 'majority', elect: 'self', commit: majorityCommit, serve: serveAtLeader }

/** The scheme that a topic's settings choose. */
export function schemeOf(topic: { replicationScheme: Scheme['name']; minInsyncReplicas: number }): Scheme {
  return topic.replicationScheme === 'majority' ? majorityScheme : isrScheme(topic.minInsyncReplicas)
}
