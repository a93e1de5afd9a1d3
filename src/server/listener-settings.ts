import type { BrokerConfig } from '../config/broker-config.ts'
import type { ConnectionLimits } from '../kafka/arrivals.ts'
import type { ListenerSettings } from '../kafka/listener.ts'

/** Where the broker listens for Kafka clients, and the bounds on what they may take of its memory. */
export function listenerSettings(config: BrokerConfig, at: { host: string; port: number }): ListenerSettings {
  return {
    host: at.host,
    port: at.port,
    frameBytesMax: config.socketRequestMaxBytes,
    // Kafka's -1 is no bound; Trilog's default is one.
    requestBytesMax: config.queuedMaxRequestBytes < 0 ? Number.MAX_SAFE_INTEGER : config.queuedMaxRequestBytes,
    answerBytesMax: config.queuedMaxResponseBytes,
    unsentMaxMs: config.connectionUnsentMaxMs,
    stalledMaxMs: config.connectionStalledMaxMs,
    pooledBytesMax: config.pooledRequestMaxBytes,
    idleMs: config.connectionsMaxIdleMs,
    bounds: {
      inFlightMax: config.connectionInFlightMax,
      inFlightBytesMax: config.connectionInFlightMaxBytes,
      unsentBytesMax: config.connectionUnsentMaxBytes,
      ownBytes: config.connectionOwnMaxBytes,
    },
  }
}

/** How many clients there may be, as it is in force now. */
export function connectionLimits(config: BrokerConfig): ConnectionLimits {
  return {
    most: config.maxConnections,
    perAddress: config.maxConnectionsPerIp,
    overrides: config.maxConnectionsPerIpOverrides,
    perSecond: config.maxConnectionCreationRate,
  }
}
