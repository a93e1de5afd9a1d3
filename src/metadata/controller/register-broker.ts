import type { BrokerId } from '../../replication/replica-id.ts'
import { withoutCopy, withoutLiving } from '../partition-state.ts'
import type { MetadataRecord } from '../records.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { changePartitionsOf } from './partition-changes.ts'

export interface RegisterBroker {
  readonly brokerId: BrokerId
  readonly directoryId: string
  readonly incarnation: string
  readonly host: string
  readonly port: number
  readonly rack: string | null
  /** Where other brokers reach it; null: nowhere. */
  readonly peer: { readonly host: string; readonly port: number } | null
}

/**
 * A broker has started. It is fenced until it has opened its logs: what an earlier process of it led gets another leader,
 * and on another folder than before it has none of the copies that were there (KIP-858).
 */
export function registerBroker(context: DecisionContext, request: RegisterBroker): Decision<void> {
  const { peer, ...facts } = request
  const { image } = context
  const { brokerId, directoryId } = request
  const peerHost = peer?.host ?? ''
  const records: MetadataRecord[] = [
    { type: 'register-broker', ...facts, peerHost, peerPort: peer?.port ?? 0, fenced: true },
  ]
  const isAlive = (broker: BrokerId): boolean => broker !== brokerId && image.isAlive(broker)
  const changes = changePartitionsOf(context, brokerId, isAlive, (partition, rules) => {
    const at = partition.replicas.indexOf(brokerId)
    if (partition.directories[at] === directoryId) return withoutLiving(partition, brokerId, rules)
    return { ...withoutCopy(partition, brokerId, rules), directories: partition.directories.with(at, directoryId) }
  })
  return { records: [...records, ...changes], answer: undefined }
}
