import { isUpToDate, type LogPosition } from '../log-position.ts'
import type { BrokerId } from '../replica-id.ts'

/** A living replica that is not in sync, where nobody may lead who is. */
export interface UncleanCandidate {
  readonly broker: BrokerId
  readonly position: LogPosition
  /** It may have lost what it had: of two that are equally far it is the second choice. */
  readonly isSuspect: boolean
}

/** Whose log holds most: by last epoch, then by end; among equals the first. Null: there is nobody. */
export function furthestOf(candidates: readonly UncleanCandidate[]): UncleanCandidate | null {
  let furthest: UncleanCandidate | null = null
  for (const candidate of candidates) {
    if (furthest === null || isFurther(candidate, furthest)) furthest = candidate
  }
  return furthest
}

function isFurther(one: UncleanCandidate, other: UncleanCandidate): boolean {
  if (!isUpToDate(other.position, one.position)) return true
  return isUpToDate(one.position, other.position) && other.isSuspect && !one.isSuspect
}
