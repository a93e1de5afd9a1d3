import Table from 'cli-table3'

/** A table for people: no colours, no lines between the rows. */
export function plainTable(head: readonly string[], columnWidths?: readonly number[]): Table.Table {
  return new Table({
    head: [...head],
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    ...(columnWidths === undefined ? {} : { colWidths: [...columnWidths], wordWrap: true }),
  })
}
