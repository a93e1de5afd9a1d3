import type { Offset } from '../record/offset.ts'

/** Why a log cannot give what was asked of it. Answered to Kafka clients as KAFKA_STORAGE_ERROR or OFFSET_OUT_OF_RANGE. */
export class LogReadFault extends Error {
  readonly code: 'damaged' | 'offset-out-of-range' | 'closed'
  readonly from: Offset
  readonly upTo: Offset

  constructor(fault: { code: LogReadFault['code']; directory: string; from: Offset; upTo: Offset }) {
    super(`${fault.directory}: ${fault.code} at [${fault.from}, ${fault.upTo})`)
    this.name = 'LogReadFault'
    this.code = fault.code
    this.from = fault.from
    this.upTo = fault.upTo
  }
}

/** An append that the log does not take: its disk has failed, or more waits to be written than memory allows. */
export class LogAppendFault extends Error {
  readonly code: 'storage-error' | 'storage-busy'

  constructor(code: LogAppendFault['code'], options: { directory: string; cause?: unknown }) {
    super(`${options.directory}: ${code}`, { cause: options.cause })
    this.name = 'LogAppendFault'
    this.code = code
  }
}
