import type { Receipts } from '../broker/receipts.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { Health } from '../http/health.ts'
import type { Runtime } from '../runtime/runtime.ts'

export interface OpenHttp {
  readonly at: { readonly host: string; readonly port: number }
  close(): Promise<void>
}

interface Source {
  readonly health: () => Health
  readonly receipts: Receipts
}

/** A runtime whose metrics can be read: Node's. */
interface Scraped {
  text(): Promise<string>
}

/**
 * Opens the HTTP port, or none (null) where the configuration names none. Its library takes longer to load than the broker
 * to start, so a given port is opened after the broker is ready; one that the system picks must be waited for.
 */
export async function openHttp(runtime: Runtime, config: BrokerConfig, source: Source): Promise<OpenHttp | null> {
  if (config.httpPort < 0 || !('text' in runtime.metrics)) return null
  const { httpHost: host, httpPort: port } = config
  const scraped = runtime.metrics as unknown as Scraped
  const start = async () => {
    const { startHttp } = await import('../http/http-server.ts')
    return startHttp({ host, port, metricsText: () => scraped.text(), health: source.health })
  }
  if (port === 0) {
    const server = await start()
    return { at: { host, port: server.port }, close: () => server.close() }
  }
  const starting = start().catch((error: unknown) => {
    // Clients of the broker are served all the same; the operator finds the reason in the log.
    runtime.logger.error({ error: String(error), port }, 'the HTTP port could not be opened')
    return null
  })
  return { at: { host, port }, close: async () => (await starting)?.close() }
}
