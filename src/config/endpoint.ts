import type { Parsed } from './setting.ts'
import { itemsOf } from './setting-kinds.ts'

/** Where a listener takes connections, or where clients reach it. */
export interface Endpoint {
  /** The listener's name, PLAINTEXT by default. */
  readonly name: string
  /** Without brackets; empty: all interfaces. */
  readonly host: string
  /** 0: a free one. */
  readonly port: number
}

export const endpointForm = 'NAME://HOST:PORT, for example PLAINTEXT://127.0.0.1:9092'

/** Kafka's form of `listeners`. An IPv6 address stands in brackets. */
export function parseEndpoints(text: string): Parsed<readonly Endpoint[]> {
  const endpoints: Endpoint[] = []
  for (const item of itemsOf(text)) {
    const match = /^([A-Za-z0-9_]+):\/\/(?:\[([0-9A-Fa-f:.%]+)\]|([^:/[\]]*)):(\d{1,5})$/.exec(item)
    const port = Number(match?.[4])
    if (match === null || port > 65_535) return { problem: `is not of the form ${endpointForm}` }
    endpoints.push({ name: (match[1] as string).toUpperCase(), host: match[2] ?? match[3] ?? '', port })
  }
  if (endpoints.length !== 1) return { problem: 'must name exactly one listener: this release takes clients on one' }
  return { value: endpoints, text: endpoints.map(formatEndpoint).join(',') }
}

function formatEndpoint(endpoint: Endpoint): string {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
  return `${endpoint.name}://${host}:${endpoint.port}`
}

/** Only programs on this machine reach such an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** Takes connections on every interface, so it says nothing about where clients reach it. */
export function isWildcard(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::'
}
