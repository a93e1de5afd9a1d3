import { readFileSync } from 'node:fs'

/** States of a TCP socket in which the other side may still send, as Linux numbers them (`include/net/tcp_states.h`). */
const states = { established: 1, synSent: 2, synReceived: 3, finWait1: 4, finWait2: 5 } as const
const alive = new Set<number>(Object.values(states))

/**
 * The ports of this machine whose connection to `port` the other side has not closed. Whoever reads nothing does not hear
 * of that from his own socket, but the system knows. Null: this system does not tell.
 */
export function portsStillOpenTo(port: number): ReadonlySet<number> | null {
  try {
    return portsIn(readFileSync('/proc/net/tcp', 'latin1'), port)
  } catch {
    return null
  }
}

/** From a table as in `/proc/net/tcp`: `sl local_address rem_address st …`, in hexadecimal. */
export function portsIn(table: string, port: number): ReadonlySet<number> {
  const ports = new Set<number>()
  for (const [, local, remote, state] of table.matchAll(/^ *\d+: \w+:(\w{4}) \w+:(\w{4}) (\w\w) /gm)) {
    if (hex(remote) === port && alive.has(hex(state))) ports.add(hex(local))
  }
  return ports
}

function hex(digits: string | undefined): number {
  return Number.parseInt(digits ?? '', 16)
}
