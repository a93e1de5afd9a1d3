import type { Log } from '../log/log.ts'

/** The log that is cut, as far as receipts look at it. */
export type CutLog = Pick<
  Log,
  'logStartOffset' | 'logEndOffset' | 'sizeBytes' | 'epochs' | 'damage' | 'read' | 'truncateTo' | 'restartAt'
>
