import type { Logger } from '../src/runtime/logger.ts'
import type { SimWorld } from '../src/runtime/sim/sim-world.ts'

/** What the broker logs is part of the trace, and counted. */
export function tracedLogger(world: SimWorld, context: string, onError: (line: string) => void): Logger {
  const line = (level: string) => (facts: object, message: string) => {
    if (level !== 'debug') world.mark(`log: ${message}`)
    world.trace(`${level}: ${message} ${context}${factsOf(facts)}`)
    if (level === 'error') onError(`${message} ${JSON.stringify(facts)}`)
  }
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: (facts) => tracedLogger(world, `${context}${factsOf(facts)} `, onError),
  }
}

/** A stack tells where the code lies, which the seed knows nothing of: its first line only. */
function factsOf(facts: object): string {
  return JSON.stringify(facts, (key, value) => {
    if (value instanceof Error) return value.message
    if (key === 'stack') return String(value).split('\n')[0]
    return typeof value === 'bigint' ? `${value}` : value
  })
}
