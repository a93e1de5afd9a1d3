import type { BrokerId } from '../replication/replica-id.ts'
import type { Moving } from './image.ts'
import { type PartitionState, type StateRules, withInSync, withLeader } from './partition-state.ts'

/**
 * A reassignment begins, or takes the place of another (KIP-455): who is to come follows, and nobody goes yet but who only was to
 * come before. `directoryOf` is asked for those that have no replica yet.
 */
export function movingTo(
  state: PartitionState,
  target: readonly BrokerId[],
  { directoryOf, ...rules }: StateRules & { directoryOf: (broker: BrokerId) => string },
): PartitionState {
  const original = replicasBefore(state)
  const adding = target.filter((broker) => !original.includes(broker))
  const removing = original.filter((broker) => !target.includes(broker))
  const moving = adding.length + removing.length > 0 ? { adding, removing } : null
  return placed({ ...state, moving }, [...target, ...removing], { ...rules, directoryOf })
}

/** It is called off: who was to come goes, and who was to go stays. */
export function movingBack(state: PartitionState, rules: StateRules): PartitionState {
  return placed({ ...state, moving: null }, replicasBefore(state), rules)
}

/**
 * Who was to go goes, once all that were to come are in sync, and enough of those that stay. Any that is in sync has all that is
 * committed, so nothing is lost by it.
 */
export function movedIfDone(state: PartitionState, rules: StateRules): PartitionState {
  const { moving, replicas, inSync } = state
  if (moving === null) return state
  const stay = replicas.filter((broker) => !moving.removing.includes(broker))
  const left = inSync.filter((broker) => stay.includes(broker))
  const required = Math.max(1, Math.min(rules.minInSyncReplicas, stay.length))
  const isDone = left.length >= required && moving.adding.every((broker) => inSync.includes(broker))
  return isDone ? placed({ ...state, moving: null }, stay, rules) : state
}

/** Those that it has without a reassignment that is under way, the preferred leader first. */
export function replicasBefore({ replicas, moving }: { replicas: readonly BrokerId[]; moving: Moving | null }) {
  return replicas.filter((broker) => moving?.adding.includes(broker) !== true)
}

/** Whether somebody who may lead is among these: else what is committed would be lost. */
export function mayBeLedBy({ inSync, eligible }: PartitionState, brokers: readonly BrokerId[]): boolean {
  const may = inSync.length > 0 ? inSync : eligible
  return may.some((broker) => brokers.includes(broker))
}

/** Whoever leads and has no place any more hands over to one in sync. */
function placed(
  state: PartitionState,
  replicas: readonly BrokerId[],
  { directoryOf = () => '', ...rules }: StateRules & { directoryOf?: (broker: BrokerId) => string },
): PartitionState {
  const directories = replicas.map((broker) => state.directories[state.replicas.indexOf(broker)] ?? directoryOf(broker))
  const eligible = state.eligible.filter((broker) => replicas.includes(broker))
  const members = state.inSync.filter((broker) => replicas.includes(broker))
  const left = withInSync({ ...state, replicas, directories, eligible }, members, rules)
  return left.leader === -1 || replicas.includes(left.leader) ? left : withLeader(left, rules)
}
