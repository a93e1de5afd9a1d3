import { plainTable } from '../../interop/table.ts'

/** One measured figure. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly digits?: number
  /** What it is to stay within; left out: it is told for itself. */
  readonly atMost?: number
}

/** A row each, the bound beside the figure; what is beyond its bound says so. */
export function figureTable(figures: readonly Figure[]): string {
  const table = plainTable(['what', 'figure', 'at most', ''])
  for (const figure of figures) {
    const bound = figure.atMost === undefined ? '' : shown(figure, figure.atMost)
    table.push([figure.what, shown(figure, figure.value), bound, verdictOf(figure)])
  }
  return table.toString()
}

export function figureText(figure: Figure): string {
  return `${figure.what}: ${shown(figure, figure.value)} ${verdictOf(figure)}`.trim()
}

export function isBeyond({ value, atMost }: Figure): boolean {
  return atMost !== undefined && !(value <= atMost)
}

function verdictOf(figure: Figure): string {
  if (figure.atMost === undefined) return ''
  return isBeyond(figure) ? 'BEYOND' : 'within'
}

function shown({ unit, digits = 0 }: Figure, value: number): string {
  const number = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `${number} ${unit}`.trim()
}
