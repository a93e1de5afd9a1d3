import type { ClientSession } from '../client-program.ts'
import type { TargetControl } from '../targets/target.ts'
import type { CaseName } from './case-name.ts'

export interface CaseContext {
  client: ClientSession
  /** Null when the broker cannot be killed and started by the runner. */
  control: TargetControl | null
  /** A topic name of this case's own; it does not exist yet. */
  topic: string
  group: string
  /** Makes the case's topic, with this client or, if it cannot, with another. `config` is one NAME=VALUE. */
  createTopic(partitions: number, config?: string): Promise<void>
  /** Settles when `holds` does; throws `what` after `withinMs` (30 s when not given). */
  until(what: () => string, holds: () => boolean | Promise<boolean>, withinMs?: number): Promise<void>
}

/** What a case has found, beyond that nothing was wrong. */
export interface Seen {
  /** Has to be the same against every broker. */
  facts: string
  /** May differ between two runs: counts of duplicates, moments of a kill. */
  varying?: string
}

export interface Case {
  readonly name: CaseName
  /** What must hold, for the page about clients. */
  readonly about: string
  /** Why it cannot be run here; null when it can. What a client lacks is told by its program. */
  skipReason?(context: CaseContext): string | null
  /** Throws what is wrong. */
  run(context: CaseContext): Promise<Seen>
}
