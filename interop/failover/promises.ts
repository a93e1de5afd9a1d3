/** One way to replicate a topic and to write to it, and what is promised of it when its leader dies. */
export interface Promised {
  readonly name: string
  readonly acks: 'all' | '1'
  readonly configs: Readonly<Record<string, string>>
  /** No acknowledged record is lost, and none is seen out of its order. */
  readonly safe: boolean
  /** Somebody else leads soon: not where roles are fixed. */
  readonly failsOver: boolean
  /** A leader acknowledges without anybody else having what it acknowledges. */
  readonly alone?: true
}

/** A topic's partitions are queues of commit logs, those of the groups that a local cluster of three makes. */
const unitBroker = { 'replication.unit': 'broker' }
const groupsOf = (kind: 'majority' | 'group'): string => [1, 2, 3].map((first) => `${kind}-${first}`).join(',')

export const promises: readonly Promised[] = [
  { name: 'isr, acks=all', acks: 'all', configs: { 'min.insync.replicas': '2' }, safe: true, failsOver: true },
  {
    name: 'isr, acks=1',
    acks: '1',
    configs: { 'min.insync.replicas': '2' },
    safe: false,
    failsOver: true,
    alone: true,
  },
  { name: 'majority', acks: 'all', configs: { 'replication.scheme': 'majority' }, safe: true, failsOver: true },
  {
    name: 'primary-backup, async',
    acks: 'all',
    configs: { 'replication.scheme': 'primary-backup' },
    // A killed process loses nothing that it has written; its disk is there when it returns.
    safe: true,
    failsOver: false,
    alone: true,
  },
  {
    name: 'primary-backup, sync',
    acks: 'all',
    configs: { 'replication.scheme': 'primary-backup', 'replication.sync.backups': '1' },
    safe: true,
    failsOver: false,
  },
  {
    name: 'majority, unit broker',
    acks: 'all',
    configs: { 'replication.scheme': 'majority', ...unitBroker, 'replication.groups': groupsOf('majority') },
    safe: true,
    failsOver: true,
  },
  {
    name: 'primary-backup, unit broker',
    acks: 'all',
    configs: { 'replication.scheme': 'primary-backup', ...unitBroker, 'replication.groups': groupsOf('group') },
    safe: true,
    failsOver: false,
    alone: true,
  },
]

export type FaultName = 'kill' | 'pause' | 'kill-both' | 'kill-ahead'

export interface Fault {
  readonly name: FaultName
  readonly about: string
  /** Only of kinds whose acknowledgements a leader gives alone. */
  readonly ofLeadersAlone?: true
}

export const faults: readonly Fault[] = [
  { name: 'kill', about: 'kill -9 of the leader, which is not the metadata leader' },
  { name: 'pause', about: 'SIGSTOP of the leader for 15 s, request.timeout.ms=3000' },
  { name: 'kill-both', about: 'kill -9 of the broker that leads the partition and the metadata log' },
  {
    name: 'kill-ahead',
    about: 'kill -9 of the leader, half a second after SIGSTOP of the others, which go on then',
    ofLeadersAlone: true,
  },
]
