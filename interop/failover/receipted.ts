import type { Receipt } from '../../src/receipt/receipt.ts'

/** How many of the offsets lie within receipts of the partition, and of how many records the exact ones tell. */
export function receipted(
  all: readonly Receipt[],
  { partition, lostAt }: { partition: number; lostAt: readonly number[] },
): { inReceipts: number; cut: number } {
  const receipts = all.filter((receipt) => receipt.partition === partition)
  const isTold = (offset: number): boolean =>
    receipts.some(({ kind, from, to }) => from <= offset && (kind === 'bounds' || offset < (to ?? 0)))
  const cut = receipts.reduce((sum, receipt) => sum + (receipt.cut?.records ?? 0), 0)
  return { inReceipts: lostAt.filter(isTold).length, cut }
}
