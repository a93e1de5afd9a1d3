import type { Offset } from '../record/offset.ts'

/**
 * What makes a receipt one that may be believed, by itself: simulation puts wrong rules in their place, each a mistake that is
 * near at hand, and has to find them.
 */
export interface ReceiptRules {
  /** Where a receipt begins, of a cut that begins at `from`. */
  readonly beginsAt: (from: Offset) => Offset
  /** The receipt is durable before anything is cut, and says that it is done before anything is appended. */
  readonly inOrder: (steps: {
    write: () => Promise<void>
    cut: () => Promise<void>
    done: () => Promise<void>
  }) => Promise<void>
}

export const receiptRules: ReceiptRules = {
  beginsAt: (from) => from,
  inOrder: async ({ write, cut, done }) => {
    await write()
    await cut()
    await done()
  },
}
