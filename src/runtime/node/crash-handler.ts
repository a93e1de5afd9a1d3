import { InvariantViolation } from '../invariant.ts'
import type { Logger } from '../logger.ts'

/** Exit code of a broker that found itself broken (EX_SOFTWARE of sysexits.h): apart from the CLI's own 0 to 3. */
const crashExitCode = 70

/**
 * From here on an invariant violation, or any error that nobody caught, is logged and ends the process: state that
 * nobody foresaw must not be served, and recovery at the next start takes over. Returns what takes the handler away.
 */
export function installCrashHandler(options: { logger: Logger; exit?: (code: number) => void }): () => void {
  const exit = options.exit ?? ((code: number) => process.exit(code))
  const onCrash = (error: unknown, origin: string): void => {
    const facts = error instanceof InvariantViolation ? { facts: error.facts } : {}
    try {
      options.logger.error({ error, origin, ...facts }, 'the broker found itself broken and ends')
    } finally {
      exit(crashExitCode)
    }
  }
  // Unhandled rejections come here too: Node raises them as uncaught exceptions by default.
  process.on('uncaughtException', onCrash)
  return () => void process.off('uncaughtException', onCrash)
}
