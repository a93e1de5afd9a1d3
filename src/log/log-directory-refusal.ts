/** Why a folder, or one partition's (`other-topic`, `not-ours`), is not opened. For the operator: nothing was changed in it. */
export type LogDirectoryRefusalCode =
  | 'locked'
  | 'newer-version'
  | 'other-version'
  | 'other-node'
  | 'other-cluster'
  | 'damaged'
  | 'no-identity'
  | 'other-topic'
  | 'not-ours'

/** The log directory may not be used as it is. `message` is one sentence that says why and what can be done. */
export class LogDirectoryRefusal extends Error {
  readonly code: LogDirectoryRefusalCode
  readonly path: string

  constructor(refusal: { code: LogDirectoryRefusalCode; path: string; sentence: string; cause?: unknown }) {
    super(refusal.sentence, { cause: refusal.cause })
    this.name = 'LogDirectoryRefusal'
    this.code = refusal.code
    this.path = refusal.path
  }
}
