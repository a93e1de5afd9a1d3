import { Broker } from '../broker/broker.ts'
import { HostedPartitions } from '../broker/hosted-partitions.ts'
import type { LiveConfigs } from '../broker/live-configs.ts'
import { logSettingsOf } from '../broker/log-settings-of.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { Health } from '../http/health.ts'
import { Dispatcher } from '../kafka/dispatcher.ts'
import { KafkaListener } from '../kafka/listener.ts'
import type { RecoveryReport } from '../log/log-recovery.ts'
import type { OpenReport } from '../log/log-directory.ts'
import type { ClusterImage } from '../metadata/image.ts'
import { metadataTopicName } from '../metadata/topic-name.ts'
import type { Replica } from '../replica/replica.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { AcceptedSuspects, isAlone } from './accept-suspects.ts'
import { BrokerLifecycle } from './broker-lifecycle.ts'
import { ClusterMember } from './cluster-member.ts'
import { expireProducers } from './expire-producers.ts'
import { GroupCoordination } from './group-coordination.ts'
import { InSyncProposals } from './in-sync-proposals.ts'
import { kafkaHandlers } from './kafka-handlers.ts'
import { listenerSettings } from './listener-settings.ts'
import { LogFolder } from './log-folder.ts'
import { type OpenHttp, openHttp } from './open-http.ts'
import { startRetention } from './retention-timer.ts'
import { SuspectsInFolder } from './suspect-replicas.ts'

export interface RunningBroker {
  readonly kafka: { readonly host: string; readonly port: number }
  /** Null: the broker has no HTTP port, or it could not be had. */
  readonly http: { readonly host: string; readonly port: number } | null
  /** All that it hosts, that of the metadata log first: for those who look on from outside. */
  replicas(): Iterable<Replica>
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
 * Starts one broker on its folder; resolves when clients can work. It joins its cluster (alone it is a cluster of one), has
 * itself registered, opens the logs that the image places here, and is then alive: others may be led, and it may lead.
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
  const member = await ClusterMember.join(runtime, config, folder)
  try {
    return await startAs(member, { runtime, config, folder })
  } catch (error) {
    await member.close()
    throw error
  }
}

async function startAs(
  member: ClusterMember,
  { runtime, config, folder }: { runtime: Runtime; config: BrokerConfig; folder: LogFolder },
): Promise<RunningBroker> {
  const { image } = member
  const accepted = await AcceptedSuspects.open(runtime, folder)
  const suspects = new SuspectsInFolder(folder, accepted, runtime.logger)
  const { broker, partitions } = brokerOf(member, { runtime, config, folder, suspects })
  const groups = new GroupCoordination(broker)
  const listener = listenerOf(runtime, broker, groups)
  const { endpoint } = broker
  // A port that the system picks is known only once it listens.
  const isPicked = endpoint.port === 0
  if (isPicked) endpoint.port = await listener.start()
  const lifecycle = lifecycleOf(runtime, member, broker)
  await lifecycle.register()
  await openLogs(member, { folder, partitions, accepted, suspects })
  partitions.listen(groups)
  member.applyWith(async (records) => {
    await partitions.apply(records)
    lifecycle.imageChanged()
  })
  member.replay.release()
  await lifecycle.unfence(suspects.namedIn(image))
  if (!isPicked) await listener.start()
  await groups.loaded()
  const stopTimers = [
    expireProducers(runtime, broker),
    reviewInSync(runtime, broker, partitions),
    startRetention(runtime, broker, partitions),
  ]
  const health = (): Health => healthOf(broker)
  const http = await openHttp(runtime, config, health)
  const facts = { port: endpoint.port, topics: image.topics.size, partitions: image.partitionCount }
  runtime.logger.info(facts, 'the broker is ready')
  const brokerEpoch = image.brokers.get(broker.id)?.epoch ?? -1
  return {
    kafka: { host: endpoint.host, port: endpoint.port },
    http: http?.at ?? null,
    health,
    replicas: () => [broker.metadataReplica, ...broker.replicas()],
    failed: member.failed,
    stop: () => stop({ listener, groups, member, lifecycle, stopTimers, http, folder, brokerEpoch }),
  }
}

function brokerOf(
  member: ClusterMember,
  parts: { runtime: Runtime; config: BrokerConfig; folder: LogFolder; suspects: SuspectsInFolder },
) {
  const { runtime, config, folder, suspects } = parts
  const { identity, path } = folder.directory
  const { image, configs, coordinator, groups, metadataReplica } = member
  const partitions = new HostedPartitions({
    ...runtime,
    self: config.nodeId,
    directory: identity.directoryId,
    image,
    configs,
    logs: folder,
    groups,
    inSync: new InSyncProposals({ coordinator, clock: runtime.clock, self: config.nodeId }),
    suspects,
  })
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
  return { broker, partitions }
}

function lifecycleOf(runtime: Runtime, member: ClusterMember, broker: Broker): BrokerLifecycle {
  const { coordinator, incarnation, peers, metadataReplica } = member
  const { peerListener, peerAdvertisedListener, brokerRack } = broker.config
  const registration = {
    brokerId: broker.id,
    directoryId: broker.directoryId,
    incarnation,
    host: broker.endpoint.host,
    port: broker.endpoint.port,
    rack: brokerRack,
    peer: peerListener === null ? null : (peerAdvertisedListener ?? { ...peerListener, port: peers.port }),
  }
  const { clock, logger } = runtime
  const isHopeless = (): boolean => metadataReplica.log.fault !== null
  return new BrokerLifecycle({ coordinator, registration, isHopeless, clock, logger })
}

/** Opens every log that the image places here, while the image stands still; nothing is led yet. */
async function openLogs(
  member: ClusterMember,
  parts: {
    folder: LogFolder
    partitions: HostedPartitions
    accepted: AcceptedSuspects
    suspects: SuspectsInFolder
  },
): Promise<void> {
  const { image, configs, replay } = member
  const { folder, partitions, accepted, suspects } = parts
  await replay.hold()
  const report = await openFolder(folder, { image, configs, self: configs.started.nodeId })
  await setUnknownAside(folder, image)
  suspects.found = report.suspects.filter((suspect) => !isAlone(image, suspect))
  await partitions.openAll(suspects.names())
  await accepted.accept(report.suspects.filter((suspect) => isAlone(image, suspect)))
}

/** Followers that lag leave the in-sync sets, and those that have caught up join: one timer for all partitions. */
function reviewInSync({ clock }: Runtime, broker: Broker, partitions: HostedPartitions): () => void {
  const everyMs = Math.min(500, broker.config.replicaLagTimeMaxMs / 2)
  let timer = clock.setTimer(everyMs, review)
  function review(): void {
    partitions.reviewInSync(broker.config.replicaLagTimeMaxMs)
    timer = clock.setTimer(everyMs, review)
  }
  return () => timer.cancel()
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

async function openFolder(
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
  member: ClusterMember
  lifecycle: BrokerLifecycle
  http: OpenHttp | null
  folder: LogFolder
  stopTimers: readonly (() => void | Promise<void>)[]
  brokerEpoch: number
}): Promise<void> {
  const timersStopped = running.stopTimers.map((stopTimer) => Promise.resolve(stopTimer()))
  await running.lifecycle.leave()
  await running.listener.stop(stopGraceMs)
  running.groups.service.close()
  // A request that outlived its connection may still make a topic, in a folder that must not be closed yet.
  await running.member.close()
  await running.http?.close()
  await Promise.all(timersStopped)
  running.folder.stopRemovals()
  await running.folder.directory.close({ brokerEpoch: running.brokerEpoch })
}
