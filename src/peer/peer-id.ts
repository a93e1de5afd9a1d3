import type { ReplicaId } from '../replication/replica-id.ts'

/** A process of a broker on its folder. `incarnation` is drawn at every start. */
export interface PeerId extends ReplicaId {
  readonly incarnation: string
}

export interface PeerAddress {
  readonly host: string
  readonly port: number
}
