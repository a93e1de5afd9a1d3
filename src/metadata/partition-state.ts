import { electFromInSync } from '../replication/elect/coordinator.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { Scheme } from '../replication/schemes.ts'
import type { PartitionImage } from './image.ts'

/** What changes of a partition. */
export type PartitionState = Pick<
  PartitionImage,
  'replicas' | 'directories' | 'inSync' | 'eligible' | 'leader' | 'leaderEpoch' | 'moving'
>

/** What the changes of a state depend on. */
export interface StateRules {
  readonly elect: Scheme['elect']
  readonly minInSyncReplicas: number
  /** Whether a broker may lead, as it will be after the change. */
  readonly isAlive: (broker: BrokerId) => boolean
}

/**
 * The in-sync set becomes `members`. Below `min.insync.replicas` nothing is committed, so whoever leaves then, or had left
 * before, still has all that is: it stays eligible to lead (KIP-966). At or above it nobody but the members is.
 */
export function withInSync(state: PartitionState, members: readonly BrokerId[], rules: StateRules): PartitionState {
  const required = Math.min(rules.minInSyncReplicas, state.replicas.length)
  const inSync = state.replicas.filter((broker) => members.includes(broker))
  const knew = (broker: BrokerId): boolean => state.inSync.includes(broker) || state.eligible.includes(broker)
  const eligible =
    inSync.length >= required ? [] : state.replicas.filter((broker) => knew(broker) && !inSync.includes(broker))
  return { ...state, inSync, eligible }
}

/** Where roles are fixed: these have all that is committed, and are asked when somebody is to be promoted. */
export function withWholeCopies(state: PartitionState, members: readonly BrokerId[]): PartitionState {
  return {
    ...state,
    inSync: state.replicas.filter((broker) => members.includes(broker) || state.inSync.includes(broker)),
  }
}

/** A broker lives no more, or is to be taken for that: it leaves the in-sync set, and what it led gets another leader. */
export function withoutLiving(state: PartitionState, broker: BrokerId, rules: StateRules): PartitionState {
  if (waitsForIt(state, broker)) return state
  // Nobody takes the place of a primary: consumers go on at the backups.
  if (rules.elect === 'fixed') return state.leader === broker ? ledBy(state, -1) : state
  const members = state.inSync.filter((member) => member !== broker)
  const left = members.length === state.inSync.length ? state : withInSync(state, members, rules)
  return left.leader === broker ? withLeader(left, rules) : left
}

/** The copy that the broker had is lost, or not to be trusted: the broker is neither in sync nor eligible. */
export function withoutCopy(state: PartitionState, broker: BrokerId, rules: StateRules): PartitionState {
  if (rules.elect === 'fixed') {
    const inSync = state.inSync.filter((member) => member !== broker)
    return { ...(state.leader === broker ? ledBy(state, -1) : state), inSync }
  }
  const left = withInSync(
    state,
    state.inSync.filter((member) => member !== broker),
    rules,
  )
  const without = { ...left, eligible: left.eligible.filter((member) => member !== broker) }
  return without.leader === broker ? withLeader(without, rules) : without
}

/** Another leader in a new epoch; nobody, where nobody may lead. One that was only eligible is then the in-sync set. */
export function withLeader(state: PartitionState, { isAlive }: StateRules): PartitionState {
  const { replicas, inSync, eligible } = state
  const leader = electFromInSync({ replicas, inSync, eligible, alive: isAlive })
  const next = ledBy(state, leader ?? -1)
  if (leader === null || inSync.includes(leader)) return next
  return { ...next, inSync: [...inSync, leader], eligible: eligible.filter((broker) => broker !== leader) }
}

/** A new epoch that `leader` leads; -1: nobody. */
export function ledBy(state: PartitionState, leader: BrokerId): PartitionState {
  return { ...state, leader, leaderEpoch: state.leaderEpoch + 1 }
}

/** A new epoch led by a replica that was not in sync: it is the in-sync set, and what others had beyond it is lost. */
export function uncleanlyLedBy(state: PartitionState, leader: BrokerId): PartitionState {
  return { ...ledBy(state, leader), inSync: [leader], eligible: [] }
}

/**
 * Where roles are fixed: `broker` stands first, and nobody leads until it has asked the others. Whose place it takes is kept until
 * then, through further promotions too: that one's copy has whatever was acknowledged.
 */
export function promoted(state: PartitionState, broker: BrokerId): PartitionState {
  const replicas = [broker, ...state.replicas.filter((other) => other !== broker)]
  const directories = replicas.map((one) => state.directories[state.replicas.indexOf(one)] as string)
  const former = state.eligible[1] ?? (state.replicas[0] as BrokerId)
  return { ...ledBy(state, -1), replicas, directories, eligible: [broker, former] }
}

/** Whether the first replica has been promoted and does not lead yet. */
export const isBeingPromoted = ({ replicas, eligible }: PartitionState): boolean => eligible[0] === replicas[0]

/**
 * Whether the partition has no other replica: nobody can take its place, so its leader stays its leader while it is away,
 * and its return costs one record and not two.
 */
export function waitsForIt({ replicas, leader }: PartitionState, broker: BrokerId): boolean {
  return replicas.length === 1 && leader === broker
}
