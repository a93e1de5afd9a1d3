import type { MemberProtocol, Ticket } from './group-events.ts'

/** The metadata or assignment of a member that has none. Shared: nobody writes to it. */
export const noBytes = new Uint8Array(0)

/** One member of a group as its coordinator sees it. Of it only what `StoredMember` holds outlives the coordinator. */
export interface GroupMember {
  readonly id: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  /** In the member's order of preference. Set by its group, which counts them, as is `joinTicket`. */
  protocols: readonly MemberProtocol[]
  assignment: Uint8Array
  /** Its first JoinGroup has not been answered: it knows no member id that it could send heartbeats with. */
  isNew: boolean
  /** The JoinGroup that waits for the rebalance, null: none. */
  joinTicket: Ticket | null
  /** The SyncGroup that waits for the leader's assignment, null: none. */
  syncTicket: Ticket | null
}

export function metadataOf(member: GroupMember, protocol: string | null): Uint8Array {
  return member.protocols.find(({ name }) => name === protocol)?.metadata ?? noBytes
}

/** True when a rejoin with these protocols changes nothing: same names, same order, same bytes. */
export function sameProtocols(left: readonly MemberProtocol[], right: readonly MemberProtocol[]): boolean {
  return (
    left.length === right.length &&
    left.every(({ name, metadata }, at) => {
      const other = right[at]
      return other !== undefined && other.name === name && sameBytes(other.metadata, metadata)
    })
  )
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at])
}
