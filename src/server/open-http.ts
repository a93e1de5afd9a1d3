import type { BrokerConfig } from '../config/broker-config.ts'
import type { Health } from '../http/health.ts'
import type { ServedReceipts } from '../http/receipt-routes.ts'
import type { Runtime } from '../runtime/runtime.ts'

export interface OpenHttp {
  readonly at: { readonly host: string; readonly port: number }
  close(): Promise<void>
}

/** A runtime whose metrics can be read: Node's. */
interface Scraped {
  text(): Promise<string>
}

/** Opens the HTTP port, or none (null): where the configuration names none, or where it cannot be had. */
export async function openHttp(
  runtime: Runtime,
  config: BrokerConfig,
  told: { health: () => Health; receipts: ServedReceipts },
): Promise<OpenHttp | null> {
  if (config.httpPort < 0 || !('text' in runtime.metrics)) return null
  const { httpHost: host, httpPort } = config
  const { logger } = runtime
  const scraped = runtime.metrics as unknown as Scraped
  // Not loaded where there is no such port: in simulation.
  const { startHttp } = await import('../http/http-server.ts')
  try {
    const server = await startHttp({ host, port: httpPort, metricsText: () => scraped.text(), ...told, logger })
    return { at: { host, port: server.port }, close: () => server.close() }
  } catch (error) {
    // Clients of the broker are served all the same; the operator finds the reason in the log.
    logger.error({ error: String(error), port: httpPort }, 'the HTTP port could not be opened')
    return null
  }
}
