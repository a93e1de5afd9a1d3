import type { Offset } from '../record/offset.ts'
import type { OffsetWaits } from './offset-waits.ts'
import type { AppendRefusal } from './refusal.ts'

/** Resolves with null once what has come to `reached` is past `upTo`, or with why that will not be: a log with a fault takes nothing. */
export function whenPast(
  waits: OffsetWaits<AppendRefusal>,
  upTo: Offset,
  { reached, fault }: { reached: Offset; fault: Error | null },
): Promise<AppendRefusal | null> {
  if (reached >= upTo) return Promise.resolve(null)
  if (fault !== null) return Promise.resolve({ code: 'storage-error' })
  return new Promise((resolve) => waits.add(upTo, resolve))
}
