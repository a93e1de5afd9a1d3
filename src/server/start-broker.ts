import { Broker } from '../broker/broker.ts'
import { HostedPartitions } from '../broker/hosted-partitions.ts'
import { LiveConfigs } from '../broker/live-configs.ts'
import { logSettingsOf } from '../broker/log-settings-of.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { Health } from '../http/health.ts'
import { Dispatcher } from '../kafka/dispatcher.ts'
import { KafkaListener } from '../kafka/listener.ts'
import type { RecoveryReport } from '../log/log-recovery.ts'
import type { OpenReport } from '../log/log-directory.ts'
import { EmbeddedCoordinator } from '../metadata/coordinator/embedded.ts'
import { ClusterImage } from '../metadata/image.ts'
import type { Replica } from '../replica/replica.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { acceptSuspects } from './accept-suspects.ts'
import { GroupCoordination } from './group-coordination.ts'
import { kafkaHandlers } from './kafka-handlers.ts'
import { listenerSettings } from './listener-settings.ts'
import { LogFolder } from './log-folder.ts'
import { openMetadataReplica } from './metadata-replica.ts'
import { type OpenHttp, openHttp } from './open-http.ts'

export interface RunningBroker {
  readonly kafka: { readonly host: string; readonly port: number }
  /** Null: the broker has no HTTP port. It answers there shortly after the start. */
  readonly http: { readonly host: string; readonly port: number } | null
  /** Answers what waits, fsyncs everything and ends. */
  stop(): Promise<void>
  /** Resolves if the broker cannot go on by itself. */
  readonly failed: Promise<Error>
}

/** How long requests that wait when the broker is to stop may still take. */
const stopGraceMs = 2_000
/** A broker that dies with an invariant broken leaves this exit code. */
const invariantExitCode = 70

/**
 * Starts one broker on its folder; resolves when clients can work. A single broker is a cluster of one: its metadata log
 * elects it, the image tells what it hosts, and its registration gives every partition a leader in a new epoch.
 */
export async function startBroker(runtime: Runtime, config: BrokerConfig): Promise<RunningBroker> {
  const folder = await LogFolder.open(runtime, config, config.logDirs[0] ?? '')
  try {
    return await startIn(folder, { runtime, config })
  } catch (error) {
    await folder.directory.close()
    throw error
  }
}

async function startIn(
  folder: LogFolder,
  { runtime, config }: { runtime: Runtime; config: BrokerConfig },
): Promise<RunningBroker> {
  const { directory } = folder
  const metadataReplica = await openMetadataReplica(runtime, config, folder)
  const image = new ClusterImage(directory.identity.clusterId)
  const coordinator = await EmbeddedCoordinator.load({ ...runtime, image, replica: metadataReplica })
  const configs = new LiveConfigs(image, config)
  const partitions = new HostedPartitions({ ...runtime, self: config.nodeId, image, configs, logs: folder })
  const report = await openLogs(folder, { image, configs, self: config.nodeId })
  await partitions.openAll()
  const receipts = await acceptSuspects(runtime, folder, { image, suspects: report.suspects })

  const listen = config.listeners[0] ?? { host: '127.0.0.1', port: 9092 }
  const advertised = config.advertisedListeners?.[0] ?? listen
  const endpoint = { host: advertised.host, port: advertised.port }
  const { directoryId } = directory.identity
  const broker = new Broker({
    runtime,
    configs,
    coordinator,
    metadataReplica,
    partitions,
    directoryId,
    dataFolder: directory.path,
    endpoint,
  })
  const groups = new GroupCoordination(broker)
  partitions.listen(groups)
  const dispatcher = new Dispatcher({
    handlers: kafkaHandlers(broker, groups),
    ...runtime,
    crash: violation => {
      runtime.logger.error({ stack: violation.stack }, 'an invariant does not hold: the broker ends')
      runtime.exit(invariantExitCode)
    },
  })
  const listener = new KafkaListener({ runtime, dispatcher, settings: listenerSettings(config, listen) })

  let fail: (error: Error) => void = () => {}
  const failed = new Promise<Error>(resolve => {
    fail = resolve
  })
  coordinator.applyWith(async records => {
    try {
      await partitions.apply(records)
    } catch (error) {
      // The image has moved on and this broker has not followed: it would answer for what it does not have.
      fail(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  })
  const register = (port: number): Promise<void> =>
    coordinator.submit('registerBroker', {
      brokerId: config.nodeId,
      directoryId,
      host: endpoint.host,
      port,
      rack: config.brokerRack,
    })
  // A port that the system picks is known only once it listens; a given one is registered before the first client comes.
  const port = await listenAndRegister(listener, { port: endpoint.port, register })
  broker.endpoint.port = port
  await groups.loaded()

  const health = (): Health => healthOf({ report, partitions: broker.replicas(), metadataReplica })
  const http = await openHttp(runtime, config, { health, receipts })
  runtime.logger.info({ port, topics: image.topics.size, partitions: image.partitionCount }, 'the broker is ready')
  return {
    kafka: { host: endpoint.host, port },
    http: http?.at ?? null,
    failed,
    stop: () => stop({ listener, groups, http, folder, brokerEpoch: image.brokers.get(config.nodeId)?.epoch ?? -1 }),
  }
}

async function openLogs(
  folder: LogFolder,
  { image, configs, self }: { image: ClusterImage; configs: LiveConfigs; self: number },
): Promise<OpenReport> {
  return folder.directory.openAll({
    open: place => folder.openAt(place, logSettingsOf(configs.topic(place.topic))),
    flushesAlways: ({ topic }) => configs.topic(topic).flushMessages === 1,
    damageOf: log => damageOf(log.recovery),
    *expected() {
      for (const { name, id, partitions } of image.topics.values()) {
        for (const { index, replicas } of partitions) {
          if (replicas.includes(self)) yield { topic: name, partition: index, topicId: id }
        }
      }
    },
  })
}

/** What recovery has found beyond a torn tail, in words. */
function damageOf({ damage, lostFlushed, cutFrom }: RecoveryReport): string | null {
  const [first] = damage
  if (first !== undefined) return `damaged bytes from offset ${first.from} on`
  return lostFlushed ? `records from offset ${cutFrom} on were fsynced and are gone` : null
}

async function listenAndRegister(
  listener: KafkaListener,
  { port, register }: { port: number; register: (port: number) => Promise<void> },
): Promise<number> {
  if (port !== 0) {
    await register(port)
    await listener.start()
    return port
  }
  const chosen = await listener.start()
  await register(chosen)
  return chosen
}

function healthOf(state: {
  report: OpenReport
  partitions: Iterable<Replica>
  metadataReplica: Replica
}): Health {
  const reasons = state.report.offline.map(({ replica, error }) => {
    return `the log of ${replica.topic}-${replica.partition} cannot be opened: ${error.message}`
  })
  for (const { topic, partition, log } of [state.metadataReplica, ...state.partitions]) {
    if (log.fault !== null) reasons.push(`the log of ${topic}-${partition} takes nothing more: ${log.fault.message}`)
  }
  return reasons.length === 0 ? { status: 'ok', reasons } : { status: 'degraded', reasons }
}

async function stop(running: {
  listener: KafkaListener
  groups: GroupCoordination
  http: OpenHttp | null
  folder: LogFolder
  brokerEpoch: number
}): Promise<void> {
  await running.listener.stop(stopGraceMs)
  running.groups.service.close()
  await running.http?.close()
  await running.folder.directory.close({ brokerEpoch: running.brokerEpoch })
}
