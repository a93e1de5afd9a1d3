import { LogReadFault } from '../log/log-faults.ts'
import type { LogSlice } from '../log/log-slice.ts'
import type { Offset } from '../record/offset.ts'
import type { CutLog } from './cut-log.ts'

const sliceBytes = 1024 * 1024

/** Whole batches from the one that holds `from` on, to the end of the log. What is damaged is left out, and told. */
export async function* eachSlice(
  log: CutLog,
  from: Offset,
  onDamage: () => void = () => {},
): AsyncGenerator<Pick<LogSlice, 'buffers' | 'bytes' | 'nextOffset'>> {
  const { logEndOffset: upTo } = log
  for (let at = from; at < upTo; ) {
    const slice = await readOrNull(log, at)
    if (slice === null) {
      onDamage()
      at = log.damage.find((range) => range.upTo > at)?.upTo ?? upTo
      continue
    }
    try {
      if (slice.bytes === 0) return
      yield slice
    } finally {
      slice.release()
    }
    at = slice.nextOffset
  }
}

async function readOrNull(log: CutLog, from: Offset): Promise<LogSlice | null> {
  try {
    return await log.read({ from, upTo: log.logEndOffset, maxBytes: sliceBytes, minOneBatch: true })
  } catch (error) {
    if (error instanceof LogReadFault && error.code === 'damaged') return null
    throw error
  }
}
