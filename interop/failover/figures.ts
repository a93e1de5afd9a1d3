import type { KillBound } from './load-clients.ts'
import { faults, type FaultName, promises, type Promised } from './promises.ts'
import type { Round } from './round.ts'

/** What some rounds of the same kind have shown. */
export interface Figures {
  readonly promised: Promised
  readonly fault: FaultName
  readonly rounds: number
  /** Fault to first acknowledgement, ms; null: in some round none came. */
  readonly firstAck: { readonly min: number; readonly median: number; readonly max: number } | null
  readonly acked: number
  readonly lost: number
  /** Of the lost ones those that a receipt on a broker tells of. */
  readonly inReceipts: number
  /** Records that receipts tell of. */
  readonly cut: number
  readonly duplicates: number
  readonly reordered: number
  /** Records that the client gave up. */
  readonly errors: number
  /** What was promised and does not hold; empty: all holds. */
  readonly broken: readonly string[]
}

export function figuresOf(rounds: readonly Round[], bound: KillBound): Figures[] {
  return promises.flatMap((promised) =>
    faults.flatMap(({ name }) => {
      const these = rounds.filter((round) => round.promised === promised && round.fault === name)
      return these.length === 0 ? [] : [figuresOfOne(these, { promised, fault: name, bound })]
    }),
  )
}

function figuresOfOne(
  rounds: readonly Round[],
  { promised, fault, bound }: { promised: Promised; fault: FaultName; bound: KillBound },
): Figures {
  const sum = (field: 'acked' | 'lost' | 'inReceipts' | 'cut' | 'duplicates' | 'reordered' | 'errors'): number =>
    rounds.reduce((total, round) => total + round[field], 0)
  const times = rounds.flatMap(({ firstAck }) => (firstAck === null ? [] : [firstAck])).sort((a, b) => a - b)
  const firstAck =
    times.length < rounds.length
      ? null
      : { min: times[0] ?? 0, median: times[Math.floor(times.length / 2)] ?? 0, max: times.at(-1) ?? 0 }
  const losses = { lost: sum('lost'), inReceipts: sum('inReceipts'), cut: sum('cut') }
  const counts = { acked: sum('acked'), ...losses, duplicates: sum('duplicates'), reordered: sum('reordered') }
  const figures = { promised, fault, rounds: rounds.length, firstAck, ...counts, errors: sum('errors') }
  return { ...figures, broken: brokenOf(figures, bound) }
}

function brokenOf(figures: Omit<Figures, 'broken'>, bound: KillBound): string[] {
  const { promised, fault, firstAck } = figures
  const broken: string[] = []
  if (firstAck === null) broken.push('no acknowledgement after the fault')
  const untold = figures.lost - figures.inReceipts
  if (untold > 0) broken.push(`${untold} lost records in no receipt`)
  if (promised.safe) {
    if (figures.lost > 0) broken.push(`${figures.lost} acknowledged records lost`)
    if (figures.duplicates > 0) broken.push(`${figures.duplicates} duplicates`)
    if (figures.reordered > 0) broken.push(`${figures.reordered} out of order`)
  }
  if (fault === 'kill-ahead' && !promised.safe && figures.lost === 0) {
    broken.push('nothing was lost, though only the leader had it: the check looks at nothing')
  }
  if (fault === 'pause' || fault === 'kill-ahead' || !promised.failsOver || firstAck === null) return broken
  if (firstAck.median > bound.median) broken.push(`a median of ${firstAck.median} ms, over ${bound.median}`)
  if (firstAck.max > bound.max) broken.push(`${firstAck.max} ms in the worst round, over ${bound.max}`)
  return broken
}
