import { isUpToDate, type LogPosition } from '../log-position.ts'
import type { BrokerId } from '../replica-id.ts'

/** How far one replica is that has promised the new epoch: what it tells of its log is final until somebody leads in it. */
export interface PromisedEnd {
  readonly broker: BrokerId
  readonly position: LogPosition
}

/** What is known when a replica of a partition with fixed roles is to take the place of its primary. */
export interface Promotion {
  readonly replicas: number
  /** How many backups had whatever was acknowledged. */
  readonly syncBackups: number
  /** Whom it takes the place of. */
  readonly former: BrokerId
  /** Of those whose copies are whole, the promoted one's own included if it is. */
  readonly answers: readonly PromisedEnd[]
}

/**
 * Whether an acknowledged record must be on one of those that have answered: the former primary has them all, and of any n-k of
 * its n-1 backups one is among the k that had it.
 */
export function isAskedEnough({ replicas, syncBackups, former, answers }: Promotion): boolean {
  return answers.some(({ broker }) => broker === former) || answers.length >= replicas - syncBackups
}

/** The longest log, by last epoch and end; null: nobody has answered. Of equal ones the earlier in the list. */
export function furthestOf(answers: readonly PromisedEnd[]): PromisedEnd | null {
  let furthest: PromisedEnd | null = null
  for (const answer of answers) {
    if (furthest === null || !isUpToDate(furthest.position, answer.position)) furthest = answer
  }
  return furthest
}
