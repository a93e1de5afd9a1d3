import type { Command } from 'commander'

export interface OutputOptions {
  readonly json?: boolean
}

export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON, for programs')
}

/** Prints rows as a table with a head, or the facts as one line of JSON. */
export async function printRows(
  options: OutputOptions,
  facts: unknown,
  table: { readonly head: readonly string[]; readonly rows: readonly (readonly (string | number | null)[])[] },
): Promise<void> {
  if (options.json) return printJson(facts)
  const { default: Table } = await import('cli-table3')
  const plain = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
  }
  const lines = {
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  }
  const printed = new Table({
    head: [...table.head],
    chars: { ...plain, ...lines },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  for (const row of table.rows) printed.push(row.map((cell) => (cell === null ? '-' : `${cell}`)))
  process.stdout.write(`${printed.toString()}\n`)
}

export function printJson(facts: unknown): void {
  process.stdout.write(`${JSON.stringify(facts)}\n`)
}

/** A sentence for people about what was done; programs get the facts. */
export function printDone(options: OutputOptions, facts: unknown, sentence: string): void {
  if (options.json) printJson(facts)
  else process.stdout.write(`${sentence}\n`)
}
