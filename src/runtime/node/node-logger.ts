import { type DestinationStream, type Logger as Pino, pino, stdSerializers } from 'pino'
import type { Logger } from '../logger.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Where log lines go: a file descriptor (default 2, stderr). `pretty`: for people; default: when `fd` is a terminal. */
export interface LogOptions {
  readonly level?: LogLevel
  readonly fd?: number
  readonly pretty?: boolean
}

/**
 * JSON lines by pino, or readable ones on a terminal. Writes are synchronous: the line that tells why a process ends
 * must be out before it ends, and nothing logs per request.
 */
export async function openLogger(options: LogOptions = {}): Promise<Logger> {
  const fd = options.fd ?? 2
  const pretty = options.pretty ?? (fd === 2 && process.stderr.isTTY === true)
  const destination = pretty ? await prettyDestination(fd) : pino.destination({ fd, sync: true })
  return wrap(
    pino({ level: options.level ?? 'info', serializers: { error: stdSerializers.errWithCause } }, destination),
  )
}

/** pino-pretty is loaded only when someone looks: it takes longer to load than all of pino. */
async function prettyDestination(fd: number): Promise<DestinationStream> {
  const { default: prettyStream } = await import('pino-pretty')
  return prettyStream({ destination: fd, sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l' })
}

function wrap(inner: Pino): Logger {
  return {
    debug: (facts, message) => inner.debug(facts, message),
    info: (facts, message) => inner.info(facts, message),
    warn: (facts, message) => inner.warn(facts, message),
    error: (facts, message) => inner.error(facts, message),
    child: (facts) => wrap(inner.child(facts)),
  }
}
