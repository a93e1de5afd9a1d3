/** What the process ends with. */
export const exitCodes = {
  done: 0,
  /** Refused, or failed. */
  failed: 1,
  wrongUsage: 2,
  /** A check ran and found a violation. */
  violation: 3,
} as const

type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The command did not do what was asked. The message is one clear sentence for the one who asked. */
export class CommandFailed extends Error {
  readonly exitCode: ExitCode

  constructor(message: string, options: { cause?: unknown; exitCode?: ExitCode } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CommandFailed'
    this.exitCode = options.exitCode ?? exitCodes.failed
  }
}

/** An error's message without what only its author reads. */
export function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text === '' ? 'something failed without saying why' : text
}
