import { MalformedInput } from '../../codec/malformed-input.ts'
import { decodeAskBody, encodeAskBody } from '../../peer/ask-bodies.ts'
import type { Offset } from '../../record/offset.ts'
import { type Operation, operations } from '../controller/operations.ts'

/** An operation on its way to the broker that decides. */
export interface AskedOperation {
  readonly operation: Operation
  readonly request: unknown
}

/** What was decided, and the offset of the metadata log up to which it has to be in effect. */
export interface DecidedOperation {
  readonly answer: unknown
  readonly upTo: Offset
}

export function encodeAsked({ operation, request }: AskedOperation): Uint8Array {
  return encodeAskBody({ operation, request })
}

/** Throws `MalformedInput` on what is none, or is of another release. */
export function decodeAsked(bytes: Uint8Array): AskedOperation {
  const { operation, request } = decodeAskBody(bytes) as { operation: string; request: unknown }
  if (!Object.hasOwn(operations, operation)) throw new MalformedInput(`there is no operation '${operation}'`, 0)
  return { operation: operation as Operation, request }
}

export function encodeDecided({ answer, upTo }: DecidedOperation): Uint8Array {
  return encodeAskBody({ answer, upTo })
}

export function decodeDecided(bytes: Uint8Array): DecidedOperation {
  const { answer, upTo } = decodeAskBody(bytes) as { answer?: unknown; upTo: Offset }
  return { answer, upTo }
}
