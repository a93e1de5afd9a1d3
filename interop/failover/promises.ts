/** One way to replicate a topic and to write to it, and what is promised of it when its leader dies. */
export interface Promised {
  readonly name: string
  readonly acks: 'all' | '1'
  readonly configs: Readonly<Record<string, string>>
  /** No acknowledged record is lost, and none is seen out of its order. */
  readonly safe: boolean
  /** Somebody else leads soon: not where roles are fixed. */
  readonly failsOver: boolean
}

export const promises: readonly Promised[] = [
  { name: 'isr, acks=all', acks: 'all', configs: { 'min.insync.replicas': '2' }, safe: true, failsOver: true },
  { name: 'isr, acks=1', acks: '1', configs: { 'min.insync.replicas': '2' }, safe: false, failsOver: true },
  { name: 'majority', acks: 'all', configs: { 'replication.scheme': 'majority' }, safe: true, failsOver: true },
  {
    name: 'primary-backup, async',
    acks: 'all',
    configs: { 'replication.scheme': 'primary-backup' },
    // A killed process loses nothing that it has written; its disk is there when it returns.
    safe: true,
    failsOver: false,
  },
  {
    name: 'primary-backup, sync',
    acks: 'all',
    configs: { 'replication.scheme': 'primary-backup', 'replication.sync.backups': '1' },
    safe: true,
    failsOver: false,
  },
]

export type FaultName = 'kill' | 'pause' | 'kill-both'

export const faults: readonly { readonly name: FaultName; readonly about: string }[] = [
  { name: 'kill', about: 'kill -9 of the leader, which is not the metadata leader' },
  { name: 'pause', about: 'SIGSTOP of the leader for 15 s, request.timeout.ms=3000' },
  { name: 'kill-both', about: 'kill -9 of the broker that leads the partition and the metadata log' },
]
