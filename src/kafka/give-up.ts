import type { Logger } from '../runtime/logger.ts'
import type { ClientConnection } from './connection.ts'

/** Closes connections, for a reason. */
export type GiveUp = (connections: readonly ClientConnection[], because: string) => void

/** One line for all: a flood must not become a flood in the log. */
export function givingUp(logger: Logger): GiveUp {
  return (connections, because) => {
    const [first] = connections
    if (first === undefined) return
    logger.warn({ connections: connections.length, first: first.client }, `connections are closed: ${because}`)
    for (const connection of connections) connection.destroy()
  }
}
