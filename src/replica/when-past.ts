import type { Offset } from '../record/offset.ts'
import type { AppendRefusal } from './refusal.ts'

export type Settle = (refusal: AppendRefusal | null) => void

/** Resolves with null once what has come to `reached` is past `upTo`, or with why that will not be: `add` waits for it. A log with a fault takes nothing. */
export function whenPast(
  upTo: Offset,
  reached: Offset,
  { fault, add }: { fault: Error | null; add: (settle: Settle) => void },
): Promise<AppendRefusal | null> {
  if (reached >= upTo) return Promise.resolve(null)
  if (fault !== null) return Promise.resolve({ code: 'storage-error' })
  return new Promise(add)
}
