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

function hostPort(at: { readonly host: string; readonly port: number }): string {
  return at.host.includes(':') ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}`
}
