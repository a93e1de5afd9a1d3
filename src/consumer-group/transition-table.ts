import type { GroupState } from './classic-group.ts'
import type { GroupTransition } from './group-transition.ts'

type State = GroupState | 'Dead'

/** The columns. */
const states: readonly State[] = ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead']
const nobody = 'nobody is told'
const never = '–'

/**
 * Which event leads from which state to which, and all that somebody is told then: a line for each event, a column for
 * each state that it may find.
 */
export class TransitionTable {
  /** By event, state found and state left. */
  readonly #cells = new Map<
    string,
    { readonly transition: Omit<GroupTransition, 'told'>; readonly told: Set<string> }
  >()

  /** Reads the rows of a table whose first row names the states; passes over all other lines. */
  static read(markdown: string): TransitionTable {
    const table = new TransitionTable()
    for (const line of markdown.split('\n')) {
      const [event = '', ...cells] = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
      if (cells.length !== states.length || event === 'event' || event.startsWith('---')) continue
      for (const [at, cell] of cells.entries()) {
        for (const outcome of cell === never ? [] : cell.split('<br>'))
          table.#readOutcome(event, states[at] as State, outcome)
      }
    }
    return table
  }

  #readOutcome(event: string, from: State, outcome: string): void {
    const [, to = from, text = ''] = /^(?:→ (\w+): )?(.*)$/.exec(outcome) ?? []
    this.add({ event, from, to: to as State, told: text === nobody ? [] : text.split(', ') })
  }

  add({ told, ...transition }: GroupTransition): void {
    const key = `${transition.event}: ${transition.from} → ${transition.to}`
    const known = this.#cells.get(key) ?? { transition, told: new Set() }
    this.#cells.set(key, known)
    for (const one of told) known.told.add(one)
  }

  /** Every transition, and every answer that may come with it, in a line of its own; sorted. */
  lines(): string[] {
    const lines: string[] = []
    for (const [key, { told }] of this.#cells) {
      lines.push(key, ...[...told].map((one) => `${key}: ${one}`))
    }
    return lines.sort()
  }
}
