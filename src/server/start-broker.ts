import { Broker } from '../broker/broker.ts'
import { HostedPartitions } from '../broker/hosted-partitions.ts'
import { answerUncleanElections } from '../broker/unclean-candidates.ts'
import { LeaderElections } from '../broker/leader-elections.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { Health } from '../http/health.ts'
import { Dispatcher } from '../kafka/dispatcher.ts'
import { KafkaListener } from '../kafka/listener.ts'
import type { ClusterImage } from '../metadata/image.ts'
import { metadataTopicName } from '../metadata/topic-name.ts'
import type { Replica } from '../replica/replica.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { AcceptedSuspects, isAlone } from './accept-suspects.ts'
import { asMember } from './as-member.ts'
import { type BrokerRules, brokerRules } from './broker-rules.ts'
import { BrokerLifecycle } from './broker-lifecycle.ts'
import type { ClusterMember } from './cluster-member.ts'
import { startCleaner } from './cleaner-timer.ts'
import { DamagedReplicas } from './damaged-replicas.ts'
import { DiskFailed } from './disk-failed.ts'
import { expireProducers } from './expire-producers.ts'
import { expireReceipts } from './expire-receipts.ts'
import { GroupCoordination } from './group-coordination.ts'
import { InSyncProposals } from './in-sync-proposals.ts'
import { kafkaHandlers } from './kafka-handlers.ts'
import { connectionLimits, listenerSettings } from './listener-settings.ts'
import type { LogFolder } from './log-folder.ts'
import { makeBrokerGroups } from './make-broker-groups.ts'
import { openFolder } from './open-folder.ts'
import { type OpenHttp, openHttp } from './open-http.ts'
import { PrimaryReturns } from './primary-returns.ts'
import { Promotions } from './promotions.ts'
import { startScrub } from './scrub-timer.ts'
import { ReplicaChanges } from './replica-changes.ts'
import { startRetention } from './retention-timer.ts'
import { startRounds } from './rounds.ts'
import { SuspectsInFolder } from './suspect-replicas.ts'
import { Takeovers } from './takeovers.ts'
import { startSyncWatch } from './sync-watch.ts'
import { sureBackupsOf } from '../replication/schemes.ts'
import { startVoterRounds } from './voter-rounds.ts'

export interface RunningBroker {
  readonly kafka: { readonly host: string; readonly port: number }
  /** Null: the broker has no HTTP port, or it could not be had. */
  readonly http: { readonly host: string; readonly port: number } | null
  /** All that it hosts, that of the metadata log first: for those who look on from outside. */
  replicas(): Iterable<Replica>
  /** What this broker takes the cluster for; likewise. */
  readonly image: ClusterImage
  /** State of a group that it coordinates, as DescribeGroups names it; null: another broker does, or it is still loading. */
  groupState(groupId: string): string | null
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
 * itself registered, opens the logs that the image places here, and is then alive: others may be led, and it may lead. That
 * waits for as long as there is no quorum; `giveUp` ends the waiting, and rejects.
 */
export function startBroker(
  runtime: Runtime,
  config: BrokerConfig,
  { giveUp, rules = brokerRules }: { giveUp?: AbortSignal; rules?: BrokerRules } = {},
): Promise<RunningBroker> {
  return asMember({ runtime, config, rules }, (member, folder) => {
    return startAs(member, { runtime, config, folder, giveUp, rules })
  })
}

async function startAs(
  member: ClusterMember,
  parts: {
    runtime: Runtime
    config: BrokerConfig
    folder: LogFolder
    giveUp: AbortSignal | undefined
    rules: BrokerRules
  },
): Promise<RunningBroker> {
  const { runtime, config, folder, giveUp, rules } = parts
  const accepted = new AcceptedSuspects(runtime, folder)
  const suspects = new SuspectsInFolder(folder, accepted, runtime.logger)
  const { broker, partitions } = brokerOf(member, { runtime, config, folder, suspects, rules })
  const groups = new GroupCoordination(broker)
  const { returns, promotions } = promotionsOf(runtime, member, { partitions, accepted, suspects, rules })
  const membership = membershipOf(runtime, member, { broker, partitions })
  const listener = listenerOf(runtime, broker, { groups, promoter: promotions, membership })
  const { endpoint } = broker
  // A port that the system picks is known only once it listens.
  const isPicked = endpoint.port === 0
  if (isPicked) endpoint.port = await listener.start()
  const lifecycle = lifecycleOf(runtime, member, broker)
  mayGiveUp(lifecycle, { member, folder, giveUp })
  await lifecycle.register()
  await openLogs(member, { folder, partitions, accepted, suspects })
  partitions.listen(groups)
  const damaged = damagedOf(runtime, { member, partitions, suspects, returns })
  answerUncleanElections(member.asks, {
    image: member.image,
    partitions,
    write: (loss) => rules.writeUncleanLoss(runtime, folder, loss),
  })
  member.applyWith(async (records) => {
    broker.listed.apply(records)
    await partitions.apply(records)
    lifecycle.imageChanged()
    returns.look(records)
  })
  member.replay.release()
  await lifecycle.unfence(suspects.namedIn(member.image))
  returns.lookAtAll()
  damaged.lookAtAll()
  await makeBrokerGroups({ ...runtime, coordinator: broker.coordinator }, config.brokerGroups)
  // One broker alone asks nobody: it has what it needs whenever it needs it.
  if (member.image.brokers.size > 1) broker.producerIds.prepare()
  if (!isPicked) await listener.start()
  await groups.loaded()
  const stopTimers = startTimers(runtime, broker, { partitions, folder })
  const health = (): Health => healthOf(broker)
  const http = await openHttp(runtime, config, { health, receipts: folder.cuts.served() })
  const facts = { port: endpoint.port, topics: member.image.topics.size, partitions: member.image.partitionCount }
  runtime.logger.info(facts, 'the broker is ready')
  const brokerEpoch = member.image.brokers.get(broker.id)?.epoch ?? -1
  return {
    kafka: { host: endpoint.host, port: endpoint.port },
    http: http?.at ?? null,
    health,
    image: member.image,
    replicas: () => [broker.metadataReplica, ...broker.replicas()],
    groupState(groupId) {
      const described = groups.service.describe(groupId)
      return described.code === 'ok' ? described.state : null
    },
    failed: Promise.race([member.failed, diskFailed(runtime, { member, folder, lifecycle })]),
    stop: () => stop({ listener, groups, member, lifecycle, returns, damaged, stopTimers, http, folder, brokerEpoch }),
  }
}

/** What is looked at from time to time; each is called to stop it. */
function startTimers(
  runtime: Runtime,
  broker: Broker,
  { partitions, folder }: { partitions: HostedPartitions; folder: LogFolder },
): (() => void | Promise<void>)[] {
  return [
    expireProducers(runtime, broker),
    reviewInSync(runtime, broker, partitions),
    startRetention(runtime, broker, partitions),
    startCleaner(runtime, broker, partitions),
    startVoterRounds(runtime, partitions, broker.coordinator),
    startSyncWatch(runtime, partitions),
    startScrub(runtime, broker),
    balanceLeaders(runtime, broker),
    expireReceipts(runtime, folder.cuts, broker.configs.started.logRetentionCheckIntervalMs),
  ]
}

function brokerOf(
  member: ClusterMember,
  parts: {
    runtime: Runtime
    config: BrokerConfig
    folder: LogFolder
    suspects: SuspectsInFolder
    rules: BrokerRules
  },
) {
  const { runtime, config, folder, suspects, rules } = parts
  const { identity, path } = folder.directory
  const { image, configs, coordinator, groups, handOvers, unclean, metadataReplica, quorum } = member
  const partitions = new HostedPartitions({
    runtime,
    rules: rules.replication,
    electionMs: config.majorityElectionTimeoutMs,
    self: config.nodeId,
    directory: identity.directoryId,
    image,
    configs,
    logs: folder,
    groups,
    inSync: new InSyncProposals({ coordinator, clock: runtime.clock, logger: runtime.logger, self: config.nodeId }),
    suspects,
    diskFailed: (fault) => folder.diskFailed(fault),
  })
  const { host, port } = config.advertisedListeners?.[0] ?? listenAt(config)
  const broker = new Broker({
    runtime,
    configs,
    coordinator,
    metadataReplica,
    quorum,
    partitions,
    elections: new LeaderElections({ coordinator, partitions, handOvers, unclean }),
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

function membershipOf(
  { clock }: Runtime,
  member: ClusterMember,
  { broker, partitions }: { broker: Broker; partitions: HostedPartitions },
): ReplicaChanges {
  const { coordinator, configs, groups, peers, asks } = member
  const self = { broker: broker.id, directory: broker.directoryId }
  return new ReplicaChanges({ coordinator, configs, partitions, groups, peers, asks, clock, self })
}

/** What brings primaries back to lead, and backups in their place. */
function promotionsOf(
  runtime: Runtime,
  member: ClusterMember,
  parts: { partitions: HostedPartitions; accepted: AcceptedSuspects; suspects: SuspectsInFolder; rules: BrokerRules },
): { returns: PrimaryReturns; promotions: Promotions } {
  const { partitions, accepted, suspects, rules } = parts
  const { coordinator, configs, asks, incarnation } = member
  const { nodeId: self, brokerSessionTimeoutMs: patienceMs } = configs.started
  const goesOnDamaged = (replica: Replica) => suspects.isDamaged(replica, { isAlone: true })
  const takeovers = new Takeovers({
    asks,
    self,
    logger: runtime.logger,
    syncBackupsOf: (topic) => sureBackupsOf(configs.topic(topic)),
    note: (lost) => accepted.note(lost),
  })
  const shared = { ...runtime, coordinator, takeovers, asks, self }
  const replication = { rules: rules.replication, configs, incarnation, partitions, patienceMs, goesOnDamaged }
  return { returns: new PrimaryReturns({ ...shared, ...replication }), promotions: new Promotions(shared) }
}

function damagedOf(
  runtime: Runtime,
  parts: { member: ClusterMember; partitions: HostedPartitions; suspects: SuspectsInFolder; returns: PrimaryReturns },
): DamagedReplicas {
  const { member, partitions, suspects, returns } = parts
  const { coordinator, incarnation, configs } = member
  const primaryIsDamaged = (replica: Replica): void => returns.lookAt(replica)
  const self = configs.started.nodeId
  const group = { coordinator, incarnation, partitions, suspects, self, primaryIsDamaged }
  const damaged = new DamagedReplicas({ ...runtime, ...group })
  suspects.tellOfDamage((replica) => damaged.look(replica))
  return damaged
}

/** Told to stop, or with a disk that does not let the start come to its end, it must not wait for others for ever. */
function mayGiveUp(
  lifecycle: BrokerLifecycle,
  { member, folder, giveUp }: { member: ClusterMember; folder: LogFolder; giveUp: AbortSignal | undefined },
): void {
  giveUp?.addEventListener('abort', () => lifecycle.giveUp(), { once: true })
  if (!member.quorum.isAlone) void folder.failed.then((fault) => lifecycle.giveUp(fault))
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
  // The metadata log sees to itself: see `openMetadataReplica`.
  const found = report.suspects.filter(({ topic }) => topic !== metadataTopicName || member.quorum.isAlone)
  const withOthers = found.filter((suspect) => !isAlone(image, suspect))
  suspects.found = withOthers
  await partitions.openAll(suspects.names(), [...folder.directory.hosted()])
  await accepted.ledBefore(withOthers, image, configs.started.nodeId)
  await accepted.accept(found.filter((suspect) => isAlone(image, suspect)))
}

/**
 * A disk that fails, or is full, fails for everything on it, the metadata log included: in a cluster of several the broker has
 * others take over what it leads, and ends. One alone goes on with what it can still do.
 */
async function diskFailed(
  { logger }: Runtime,
  { member, folder, lifecycle }: { member: ClusterMember; folder: LogFolder; lifecycle: BrokerLifecycle },
): Promise<Error> {
  const fault = await folder.failed
  if (member.image.brokers.size <= 1 && member.quorum.isAlone) return new Promise(() => {})
  logger.error({ error: fault.message }, 'the disk has failed: this broker gives up what it has')
  await lifecycle.leave()
  return new DiskFailed(fault)
}

/** Followers that lag leave the in-sync sets, and those that have caught up join: one timer for all partitions. */
function reviewInSync({ clock }: Runtime, broker: Broker, partitions: HostedPartitions): () => Promise<void> {
  const everyMs = Math.min(500, broker.config.replicaLagTimeMaxMs / 2)
  return startRounds(clock, {
    everyMs: () => everyMs,
    round: async () => partitions.reviewInSync(broker.config.replicaLagTimeMaxMs),
    over: partitions.reviewed,
  })
}

/** What this broker leads in the place of a preferred replica goes back to it, where replicas elect their leaders themselves. */
function balanceLeaders({ clock }: Runtime, broker: Broker): () => void | Promise<void> {
  const { autoLeaderRebalanceEnable, leaderImbalanceCheckIntervalSeconds, leaderImbalancePerBrokerPercentage } =
    broker.config
  if (!autoLeaderRebalanceEnable) return () => {}
  return startRounds(clock, {
    everyMs: () => leaderImbalanceCheckIntervalSeconds * 1_000,
    round: () => broker.elections.giveBack(broker.id, leaderImbalancePerBrokerPercentage),
  })
}

const listenAt = (config: BrokerConfig) => config.listeners[0] ?? { host: '127.0.0.1', port: 9092 }

function listenerOf(
  runtime: Runtime,
  broker: Broker,
  parts: { groups: GroupCoordination; promoter: Promotions; membership: ReplicaChanges },
): KafkaListener {
  const dispatcher = new Dispatcher({
    handlers: kafkaHandlers(broker, parts.groups, parts),
    ...runtime,
    crash: (violation) => {
      runtime.logger.error({ stack: violation.stack }, 'an invariant does not hold: the broker ends')
      runtime.exit(invariantExitCode)
    },
  })
  const settings = listenerSettings(broker.config, listenAt(broker.config))
  return new KafkaListener({ runtime, dispatcher, settings, limits: () => connectionLimits(broker.config) })
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
  returns: PrimaryReturns
  damaged: DamagedReplicas
  http: OpenHttp | null
  folder: LogFolder
  stopTimers: readonly (() => void | Promise<void>)[]
  brokerEpoch: number
}): Promise<void> {
  running.returns.close()
  running.damaged.close()
  const timersStopped = running.stopTimers.map((stopTimer) => Promise.resolve(stopTimer()))
  await running.member.handOverAll()
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
