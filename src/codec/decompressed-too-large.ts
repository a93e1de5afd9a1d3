import { MalformedInput } from './malformed-input.ts'

/** Compressed bytes that would become more than the caller has room for. */
export class DecompressedTooLarge extends MalformedInput {
  constructor(maxBytes: number) {
    super(`more than ${maxBytes} bytes once decompressed`, 0)
    this.name = 'DecompressedTooLarge'
  }
}
