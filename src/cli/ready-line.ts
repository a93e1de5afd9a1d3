export interface ReadyBroker {
  readonly kafka: { readonly host: string; readonly port: number }
  /** Null: the broker has no HTTP port. */
  readonly http: { readonly host: string; readonly port: number } | null
}

/** What is printed once clients can work: `ready kafka=HOST:PORT[,…] http=URL[,…]`. */
export function readyLine(brokers: readonly ReadyBroker[]): string {
  const kafka = brokers.map((broker) => hostPort(broker.kafka)).join(',')
  const http = brokers.flatMap((broker) => (broker.http === null ? [] : [`http://${hostPort(broker.http)}`])).join(',')
  return `ready kafka=${kafka}${http === '' ? '' : ` http=${http}`}`
}

/** One line of those that the nodes of a cluster have printed. Clients have no use for the address of a controller. */
export function mergedReadyLine(lines: readonly string[]): string {
  const parts = (key: string) => lines.flatMap((line) => new RegExp(` ${key}=(\\S+)`).exec(line)?.[1] ?? [])
  const http = parts('http')
  return `ready kafka=${parts('kafka').join(',')}${http.length === 0 ? '' : ` http=${http.join(',')}`}`
}

/** What a process prints that is only a controller, once the others of its cluster can reach it. */
export function controllerReadyLine(peer: { readonly host: string; readonly port: number }): string {
  return `ready peer=${hostPort(peer)}`
}

function hostPort(at: { readonly host: string; readonly port: number }): string {
  return at.host.includes(':') ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}`
}
