import type { ClientSession } from '../client-program.ts'
import type { TargetControl } from '../targets/target.ts'

export interface CaseContext {
  client: ClientSession
  /** Null when the broker cannot be killed and started by the runner. */
  control: TargetControl | null
  /** A topic name of this case's own; it does not exist yet. */
  topic: string
  group: string
  /** Makes the case's topic, with this client or, if it cannot, with another. */
  createTopic(partitions: number): Promise<void>
  /** Settles when `holds` does; throws `what` after `withinMs` (30 s when not given). */
  until(what: () => string, holds: () => boolean, withinMs?: number): Promise<void>
}

export interface Case {
  readonly name: string
  /** Null when it can be run, else why not. */
  skipReason(context: CaseContext): string | null
  /** Throws what is wrong; answers with a note on what was seen. */
  run(context: CaseContext): Promise<string>
}
