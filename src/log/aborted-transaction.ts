import type { Offset } from '../record/offset.ts'

/** What a consumer of committed records has to skip: the producer's records from an offset on, up to its next marker. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: Offset
}
