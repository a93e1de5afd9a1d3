import type { ColdStart } from './cold-start.ts'
import type { Measured } from './load.ts'
import { plainTable } from '../interop/table.ts'

/** One system's runs of one load, in the order of the rounds. */
export interface LoadRuns {
  load: string
  system: string
  runs: Measured[]
}

export interface ColdStartRuns {
  system: string
  runs: ColdStart[]
}

export interface Report {
  machine: string
  rounds: number
  loads: LoadRuns[]
  coldStarts: ColdStartRuns[]
}

/** A table per question, medians of the rounds, with Trilog ÷ Kafka where both were run. */
export function tablesOf(report: Report): string {
  return [`${report.machine}; medians of ${report.rounds} rounds`, loadTable(report), coldStartTable(report)].join('\n')
}

function loadTable({ loads }: Report): string {
  const systems = [...new Set(loads.map(({ system }) => system))]
  const head = ['load', 'figure', ...systems, ...(systems.length > 1 ? [`${systems[0]} ÷ ${systems[1]}`] : [])]
  const table = plainTable(head)
  const figures: [string, number, (measured: Measured) => number | null][] = [
    ['records/s', 0, ({ recordsPerSecond }) => recordsPerSecond],
    ['broker CPU-s per million', 2, ({ cpuSecondsPerMillion }) => cpuSecondsPerMillion],
    ['broker RSS, MiB', 0, ({ residentMiB }) => residentMiB],
  ]
  for (const load of new Set(loads.map((runs) => runs.load))) {
    const bySystem = systems.map(
      (system) => loads.find((runs) => runs.load === load && runs.system === system)?.runs ?? [],
    )
    const cut = bySystem.flat().some(({ cutOff }) => cutOff) ? ' (cut off)' : ''
    for (const [figure, digits, of] of figures) {
      const medians = bySystem.map((runs) => median(runs.map(of)))
      if (medians.every((value) => value === null)) continue
      table.push([`${load}${cut}`, figure, ...medians.map((value) => shown(value, digits)), ...ratioOf(medians)])
    }
  }
  return table.toString()
}

function coldStartTable({ coldStarts }: Report): string {
  const systems = coldStarts.map(({ system }) => system)
  const head = ['cold start', ...systems, ...(systems.length > 1 ? [`${systems[0]} ÷ ${systems[1]}`] : [])]
  const table = plainTable(head)
  const figures: [string, number, (start: ColdStart) => number | null][] = [
    ['first connection, s', 2, ({ tcpMs }) => tcpMs / 1000],
    ['first acknowledged record, s', 2, ({ firstAckMs }) => firstAckMs / 1000],
    ['broker CPU-s until then', 2, ({ cpuSeconds }) => cpuSeconds],
  ]
  for (const [figure, digits, of] of figures) {
    const medians = coldStarts.map(({ runs }) => median(runs.map(of)))
    table.push([figure, ...medians.map((value) => shown(value, digits)), ...ratioOf(medians)])
  }
  return table.toString()
}

function ratioOf([first, second]: readonly (number | null)[]): string[] {
  if (second === undefined) return []
  return [first === null || first === undefined || second === null ? '-' : (first / second).toFixed(2)]
}

/** Null when no value is known. */
export function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null && !Number.isNaN(value)) as number[]
  known.sort((a, b) => a - b)
  const middle = known.length >> 1
  const upper = known[middle]
  if (upper === undefined) return null
  return known.length % 2 === 1 ? upper : ((known[middle - 1] ?? upper) + upper) / 2
}

function shown(value: number | null, digits: number): string {
  return value === null
    ? '-'
    : value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
