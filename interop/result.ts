import type { CaseName } from './cases/case-name.ts'
import type { TargetName } from './targets/target.ts'

/** `lacks`: the client has no means for it. `skip`: this environment, or this run, has not. */
export type Outcome = 'pass' | 'fail' | 'skip' | 'lacks'

export interface Result {
  client: string
  /** What the client says it is; '-' when it could not be asked. */
  version: string
  case: CaseName
  /** The broker: a target, or the address of one that runs already. */
  on: TargetName | (string & {})
  outcome: Outcome
  /** What was seen, what is wrong, or why it was not run: the same against every broker when all is well. */
  note: string
  /** What may differ between two runs. */
  varying: string
  seconds: number
}

/** Where two brokers gave one client different results, one sentence each. */
export function differences(results: readonly Result[]): string[] {
  const first = new Map<string, Result>()
  const found: string[] = []
  for (const result of results) {
    const key = `${result.client}, ${result.case}`
    const before = first.get(key)
    if (before === undefined) first.set(key, result)
    else if (before.outcome !== result.outcome || before.note !== result.note) {
      found.push(`${key}: ${tell(before)}; ${tell(result)}`)
    }
  }
  return found
}

function tell({ on, outcome, note }: Result): string {
  return `${on}: ${outcome}, ${note}`
}
