/** What kind of thing must not happen. */
export type FindingKind = 'crash' | 'hang' | 'memory' | 'wrong'

/** An input that made it happen. */
export interface Finding {
  readonly target: string
  readonly kind: FindingKind
  /** What was seen. */
  readonly what: string
  /** The smallest input that shows it, for people; null where nothing came back to tell. */
  readonly input: string | null
  /** Gives the same hundred inputs again. */
  readonly seed: number
}

export function findingText(finding: Finding): string {
  const { target, kind, what, input, seed } = finding
  const shown = input === null ? '' : `\n  input: ${input}`
  return `${target}: ${kind}: ${what}${shown}\n  again: npm run hostile -- --target ${target} --inputs 100 --seed ${seed}`
}
