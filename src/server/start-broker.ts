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
import { metadataTopicName } from '../metadata/topic-name.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { acceptSuspects } from './accept-suspects.ts'
import { expireProducers } from './expire-producers.ts'
import { GroupCoordination } from './group-coordination.ts'
import { kafkaHandlers } from './kafka-handlers.ts'
import { listenerSettings } from './listener-settings.ts'
import { LogFolder } from './log-folder.ts'
import { openMetadataReplica } from './metadata-replica.ts'
import { type OpenHttp, openHttp } from './open-http.ts'

export interface RunningBroker {
  readonly kafka: { readonly host: string; readonly port: number }
  /** Null: the broker has no HTTP port, or it could not be had. */
  readonly http: { readonly host: string; readonly port: number } | null
  /** What `/health` tells. */
  health(): Health
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
  const cluster = await openCluster(folder, { runtime, config })
  const { broker, coordinator, partitions } = cluster
  const groups = new GroupCoordination(broker)
  partitions.listen(groups)
  const listener = listenerOf(runtime, broker, groups)
  const failed = new Promise<Error>((resolve) => {
    coordinator.applyWith(async (records) => {
      try {
        await partitions.apply(records)
      } catch (error) {
        // The image has moved on and this broker has not followed: it would answer for what it does not have.
        resolve(error instanceof Error ? error : new Error(String(error)))
        throw error
      }
    })
  })
  await listenAndRegister(listener, broker)
  await groups.loaded()
  const stopExpiring = expireProducers(runtime, broker)
  const health = (): Health => healthOf(broker)
  const http = await openHttp(runtime, config, health)
  const { image, endpoint } = broker
  const facts = { port: endpoint.port, topics: image.topics.size, partitions: image.partitionCount }
  runtime.logger.info(facts, 'the broker is ready')
  return {
    kafka: { host: endpoint.host, port: endpoint.port },
    http: http?.at ?? null,
    health,
    failed,
    stop: () =>
      stop({
        listener,
        groups,
        coordinator,
        stopExpiring,
        http,
        folder,
        brokerEpoch: image.brokers.get(broker.id)?.epoch ?? -1,
      }),
  }
}

/** Elects the metadata log's leader, reads the image and opens every log that it says is here. Nothing is led yet. */
async function openCluster(folder: LogFolder, { runtime, config }: { runtime: Runtime; config: BrokerConfig }) {
  const { identity, path } = folder.directory
  const metadataReplica = await openMetadataReplica(runtime, config, folder)
  const image = new ClusterImage(identity.clusterId)
  const coordinator = await EmbeddedCoordinator.load({ ...runtime, image, replica: metadataReplica })
  const configs = new LiveConfigs(image, config)
  const partitions = new HostedPartitions({
    ...runtime,
    self: config.nodeId,
    directory: identity.directoryId,
    image,
    configs,
    logs: folder,
  })
  const report = await openLogs(folder, { image, configs, self: config.nodeId })
  await setUnknownAside(folder, image)
  await partitions.openAll()
  await acceptSuspects(runtime, folder, { image, suspects: report.suspects })
  const { host, port } = config.advertisedListeners?.[0] ?? listenAt(config)
  const broker = new Broker({
    runtime,
    configs,
    coordinator,
    metadataReplica,
    partitions,
    directoryId: identity.directoryId,
    dataFolder: path,
    endpoint: { host, port },
  })
  return { broker, coordinator, partitions }
}

const listenAt = (config: BrokerConfig) => config.listeners[0] ?? { host: '127.0.0.1', port: 9092 }

function listenerOf(runtime: Runtime, broker: Broker, groups: GroupCoordination): KafkaListener {
  const dispatcher = new Dispatcher({
    handlers: kafkaHandlers(broker, groups),
    ...runtime,
    crash: (violation) => {
      runtime.logger.error({ stack: violation.stack }, 'an invariant does not hold: the broker ends')
      runtime.exit(invariantExitCode)
    },
  })
  return new KafkaListener({ runtime, dispatcher, settings: listenerSettings(broker.config, listenAt(broker.config)) })
}

async function openLogs(
  folder: LogFolder,
  { image, configs, self }: { image: ClusterImage; configs: LiveConfigs; self: number },
): Promise<OpenReport> {
  return folder.directory.openAll({
    open: (place) => folder.openAt(place, logSettingsOf(configs.topic(place.topic))),
    flushesAlways: ({ topic }) => configs.topic(topic).flushMessages === 1,
    damageOf: (log) => damageOf(log.recovery),
    *expected() {
      for (const { name, id, partitions } of image.topics.values()) {
        for (const { index, replicas } of partitions) {
          if (replicas.includes(self)) yield { topic: name, partition: index, topicId: id }
        }
      }
    },
  })
}

/**
 * Sets logs aside whose topics the image does not know: mostly of topics whose deletion was committed just before the broker
 * died. A new topic of that name must not find their records.
 */
async function setUnknownAside(folder: LogFolder, image: ClusterImage): Promise<void> {
  for (const replica of [...folder.directory.hosted()]) {
    const { topic, topicId } = replica
    if (topic === metadataTopicName || (topicId !== null && image.topicById(topicId)?.name === topic)) continue
    await folder.setAside(replica)
  }
}

/** What recovery has found beyond a torn tail, in words. */
function damageOf({ damage, lostFlushed, cutFrom }: RecoveryReport): string | null {
  const [first] = damage
  if (first !== undefined) return `damaged bytes from offset ${first.from} on`
  return lostFlushed ? `records from offset ${cutFrom} on were fsynced and are gone` : null
}

/**
 * A given port is registered before the first client comes; one that the system picks is known only once it listens.
 */
async function listenAndRegister(listener: KafkaListener, broker: Broker): Promise<void> {
  const { endpoint } = broker
  const picked = endpoint.port === 0
  if (picked) endpoint.port = await listener.start()
  await broker.coordinator.submit('registerBroker', {
    brokerId: broker.id,
    directoryId: broker.directoryId,
    ...endpoint,
    rack: broker.config.brokerRack,
  })
  if (!picked) await listener.start()
}

function healthOf(broker: Broker): Health {
  const reasons = [...broker.offline()].map(({ topic, partition, error }) => {
    return `the log of ${topic}-${partition} cannot be opened: ${error.message}`
  })
  for (const { topic, partition, log } of [broker.metadataReplica, ...broker.replicas()]) {
    if (log.fault !== null) reasons.push(`the log of ${topic}-${partition} takes nothing more: ${log.fault.message}`)
  }
  return reasons.length === 0 ? { status: 'ok', reasons } : { status: 'degraded', reasons }
}

async function stop(running: {
  listener: KafkaListener
  groups: GroupCoordination
  coordinator: EmbeddedCoordinator
  http: OpenHttp | null
  folder: LogFolder
  stopExpiring: () => void
  brokerEpoch: number
}): Promise<void> {
  running.stopExpiring()
  await running.listener.stop(stopGraceMs)
  running.groups.service.close()
  // A request that outlived its connection may still make a topic, in a folder that must not be closed yet.
  await running.coordinator.stop()
  await running.http?.close()
  await running.folder.directory.close({ brokerEpoch: running.brokerEpoch })
}
