import { LiveConfigs } from '../broker/live-configs.ts'
import { UncleanElections } from '../broker/unclean-elections.ts'
import { uuidFromBytes } from '../codec/uuid.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { TopicRules } from '../metadata/controller/decision.ts'
import { BrokerWatch } from '../metadata/coordinator/broker-watch.ts'
import type { MetadataApplier } from '../metadata/coordinator/coordinator.ts'
import { EmbeddedCoordinator } from '../metadata/coordinator/embedded.ts'
import { MetadataQuorum, type QuorumVoter } from '../metadata/coordinator/metadata-quorum.ts'
import { ImageReplay } from '../metadata/coordinator/image-replay.ts'
import { LeaderBalance } from '../metadata/coordinator/leader-balance.ts'
import { ClusterImage } from '../metadata/image.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import type { MetadataSnapshots } from '../metadata/snapshot/metadata-snapshots.ts'
import { Asks } from '../peer/asks.ts'
import { Peers } from '../peer/peers.ts'
import { HandOvers } from '../replica/hand-overs.ts'
import type { Replica } from '../replica/replica.ts'
import { ReplicationGroups } from '../replica/replication-groups.ts'
import type { ReplicaId } from '../replication/replica-id.ts'
import { schemeOf } from '../replication/schemes.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { BrokerRules } from './broker-rules.ts'
import type { LogFolder } from './log-folder.ts'
import { openMetadataReplica } from './metadata-replica.ts'

const frameBytesMax = 64 * 1024 * 1024
/** How long a process that is to stop waits for others to lead in its place. */
const handOverMs = 2_000

/**
 * What every process of a cluster has, broker or not: its streams to the others, its replica of the metadata log, and the image
 * that follows from it.
 */
export class ClusterMember {
  readonly image: ClusterImage
  readonly configs: LiveConfigs
  readonly coordinator: EmbeddedCoordinator
  readonly replay: ImageReplay
  readonly groups: ReplicationGroups
  readonly peers: Peers
  readonly asks: Asks
  readonly handOvers: HandOvers
  readonly metadataReplica: Replica
  readonly quorum: MetadataQuorum
  /** Of this process. */
  readonly incarnation: string
  /** Resolves when this process cannot go on. */
  readonly failed: Promise<Error>
  readonly #snapshots: MetadataSnapshots
  readonly #watch: BrokerWatch
  readonly #balance: LeaderBalance
  readonly unclean: UncleanElections
  #apply: MetadataApplier = async () => {}

  private constructor(
    runtime: Runtime,
    config: BrokerConfig,
    parts: {
      clusterId: string
      self: ReplicaId
      voters: readonly QuorumVoter[]
      peers: Peers
      asks: Asks
      groups: ReplicationGroups
      replica: Replica
      snapshots: MetadataSnapshots
      incarnation: string
      rules: BrokerRules
    },
  ) {
    const { clock, random, logger } = runtime
    const { replica, self, voters, snapshots } = parts
    this.peers = parts.peers
    this.groups = parts.groups
    this.metadataReplica = parts.replica
    this.incarnation = parts.incarnation
    this.image = new ClusterImage(parts.clusterId)
    this.configs = new LiveConfigs(this.image, config)
    let fail: (error: Error) => void = () => {}
    this.failed = new Promise((resolve) => {
      fail = resolve
    })
    this.#snapshots = snapshots
    this.replay = new ImageReplay({ image: this.image, replica, snapshots, onFailed: (error) => fail(error) })
    this.replay.applyWith((records) => this.#onRecords(records))
    this.asks = parts.asks
    this.handOvers = new HandOvers({ groups: parts.groups, asks: this.asks, clock })
    const rulesOf = (topic: string): TopicRules => {
      const settings = this.configs.topic(topic)
      return { elect: schemeOf(settings).elect, minInSyncReplicas: settings.minInsyncReplicas }
    }
    this.coordinator = new EmbeddedCoordinator({
      replica: parts.replica,
      replay: this.replay,
      asks: this.asks,
      clock,
      random,
      rulesOf,
      operations: parts.rules.operations,
    })
    this.quorum = new MetadataQuorum({ voters, replica, self, asks: this.asks, clock })
    const sessionMs = config.brokerSessionTimeoutMs
    const { coordinator, peers } = this
    this.#watch = new BrokerWatch({ coordinator, peers, clock, logger, sessionMs, self: config.nodeId })
    this.#balance = new LeaderBalance({ coordinator, rulesOf, settings: config, clock, logger })
    const { configs, asks } = this
    this.unclean = new UncleanElections({ coordinator, configs, asks, clock, logger, graceMs: sessionMs })
    parts.replica.watch(() => this.#look())
  }

  /** Opens the metadata log, begins to listen for the others, and takes part in the election of who decides. */
  static async join(
    runtime: Runtime,
    config: BrokerConfig,
    { folder, rules }: { folder: LogFolder; rules: BrokerRules },
  ): Promise<ClusterMember> {
    const { directoryId, clusterId } = folder.directory.identity
    const incarnation = uuidFromBytes(runtime.random.bytes(16))
    const self = { broker: config.nodeId, directory: directoryId }
    const voters = votersOf(config, self)
    const peers = new Peers(runtime, {
      clusterId,
      self: { ...self, incarnation },
      listen: config.peerListener ?? { host: '127.0.0.1', port: 0 },
      hubs: new Set(voters.map(({ broker }) => broker)),
      beatMs: config.brokerHeartbeatIntervalMs,
      silenceMs: config.brokerSessionTimeoutMs,
      frameBytesMax,
    })
    for (const { nodeId, host, port } of config.controllerQuorumVoters) peers.know(nodeId, { host, port })
    const groups = new ReplicationGroups(runtime.clock, peers)
    const asks = new Asks(peers, runtime.clock)
    const opened = await openMetadataReplica(runtime, config, { folder, groups, asks, self, voters, rules })
    const parts = { clusterId, self, voters, peers, asks, groups, ...opened, incarnation, rules }
    const member = new ClusterMember(runtime, config, parts)
    if (config.peerListener !== null) await peers.start()
    member.replay.start()
    return member
  }

  /** From now on committed records are put into effect through `apply` as well. */
  applyWith(apply: MetadataApplier): void {
    this.#apply = apply
  }

  /**
   * Before a clean stop: others lead what this process leads where replicas elect their leaders themselves, the metadata log among
   * it, if that is done in time.
   */
  async handOverAll(): Promise<void> {
    await this.handOvers.allAway(handOverMs)
  }

  async close(): Promise<void> {
    this.#watch.close()
    this.#balance.close()
    this.unclean.close()
    await this.coordinator.stop()
    await this.#snapshots.stop()
    this.groups.close()
    await this.groups.settled()
    await this.peers.close()
  }

  async #onRecords(records: readonly MetadataRecord[]): Promise<void> {
    this.configs.changedBy(records)
    for (const record of records) {
      if (record.type === 'unregister-broker') this.peers.forget(record.brokerId)
      if (record.type !== 'register-broker' || record.peerHost === '') continue
      this.peers.know(record.brokerId, { host: record.peerHost, port: record.peerPort })
    }
    await this.#apply(records)
    this.#look()
  }

  #look(): void {
    this.#watch.look()
    this.unclean.look()
  }
}

/** The voters that the process was started with; without any it is the only one. */
function votersOf(config: BrokerConfig, self: ReplicaId): readonly QuorumVoter[] {
  const voters = config.controllerQuorumVoters.map(({ nodeId, directoryId, host, port }) => {
    return { broker: nodeId, directory: directoryId, peer: { host, port } }
  })
  return voters.length === 0 ? [{ ...self, peer: null }] : voters
}
