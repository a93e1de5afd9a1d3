import { zeroUuid } from '../codec/uuid.ts'
import { inParallel } from '../log/log-directory-workers.ts'
import { logSettingsOf } from './log-settings-of.ts'
import type { AstrayLeader } from '../metadata/astray-leaders.ts'
import type { ClusterImage, PartitionImage, TopicImage } from '../metadata/image.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import { commitLogOf } from '../metadata/topic-name.ts'
import { CatchUpThrottle, isThrottled, noThrottles, type ReplicaThrottles } from '../replica/catch-up-throttle.ts'
import type { GroupLink, InSyncDecider } from '../replica/group-link.ts'
import { noReceipts, type ReplicaReceipts } from '../receipt/cut-receipts.ts'
import { GroupVoters } from '../replica/group-voters.ts'
import { Replica } from '../replica/replica.ts'
import type { GroupName, ReplicationGroups } from '../replica/replication-groups.ts'
import { SelfElected } from '../replica/self-elected.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { ReplicaSets } from '../replication/in-sync-set.ts'
import type { BrokerId, ReplicaId } from '../replication/replica-id.ts'
import type { ReplicationRules } from '../replication/rules.ts'
import { type Scheme, schemeOf } from '../replication/schemes.ts'
import type { Clock } from '../runtime/clock.ts'
import { DiskFault } from '../runtime/disk.ts'
import { invariant } from '../runtime/invariant.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ServedPartition } from '../replica/served-partition.ts'
import { reviewVoters } from '../replica/voter-changes.ts'
import { HostedQueues } from './hosted-queues.ts'
import type { LiveConfigs } from './live-configs.ts'
import { WatchedReplicas } from './watched-replicas.ts'
import type { LogName, PartitionLogs } from './partition-logs.ts'

/** Told when this broker begins or ceases to lead a partition. */
export interface LeadershipListener {
  elected(topic: string, partition: number, replica: Replica): void
  resigned(topic: string, partition: number): void
  topicsDeleted(names: readonly string[]): void
}

/** Told what becomes of replicas that may have lost what they had acknowledged. */
export interface SuspectReplicas {
  /** It has caught up with a leader. */
  hasAllAgain(partition: HostedName): void
  /** It leads, as nobody else is left that could: what it has lost is lost for good. */
  leadsWithout(partition: HostedName): void
  /** It leads, and an earlier leader that may have had more has lost its disk. */
  leadsAfter(partition: LogName, lost: AstrayLeader, range: { from: Offset; to: Offset | null }): void
  /** Its log turned out to be damaged while it was open. */
  foundDamaged(replica: Replica): void
}

export interface HostedName {
  readonly topic: string
  readonly partition: number
}

/** A partition without a usable log. */
export interface Offline extends HostedName {
  readonly error: Error
}

/** What thousands of openings at once hold would be taken for long-lived, and stay in memory for long. */
const opensAtOnce = 16

/** How long a leader that has asked for a replica may take to write down that it is to be one. */
const invitedMs = 10_000

const keyOf = (topic: string, partition: number): string => `${topic}:${partition}`

/**
 * The replicas that this broker hosts, kept as the image says: opened, led, configured and deleted when records
 * say so. Only this class opens and closes them.
 */
export class HostedPartitions {
  readonly #self: BrokerId
  readonly #asReplica: ReplicaId
  readonly #image: ClusterImage
  readonly #configs: LiveConfigs
  readonly #logs: PartitionLogs
  readonly #groups: ReplicationGroups
  readonly #inSync: InSyncDecider
  readonly #onceSuspect: SuspectReplicas
  readonly #runtime: Runtime
  readonly #electionMs: number
  readonly #rules: ReplicationRules
  readonly #clock: Clock
  readonly #leaderThrottle: CatchUpThrottle
  readonly #followerThrottle: CatchUpThrottle
  readonly #logger: Logger
  readonly #replicas = new Map<string, Map<number, Replica>>()
  /** Those whose in-sync sets may change: of groups of several that do not elect their leaders themselves. */
  readonly reviewed = new WatchedReplicas()
  /** Those whose groups elect their leaders themselves. */
  readonly selfElected = new WatchedReplicas()
  readonly #queues: HostedQueues
  readonly #offline = new Map<string, Offline>()
  readonly #suspects = new Set<string>()
  /** Until when replicas stay that their leaders have asked for, though no entry names them yet. */
  readonly #invited = new Map<string, number>()
  readonly #listeners: LeadershipListener[] = []
  readonly #foundDamaged = (replica: Replica): void => this.#onceSuspect.foundDamaged(replica)
  readonly #diskFailed: (fault: DiskFault) => void
  #isOpen = false

  constructor(parts: {
    self: BrokerId
    /** Id of the folder that its logs are in. */
    directory: string
    image: ClusterImage
    configs: LiveConfigs
    logs: PartitionLogs
    /** How replicas reach the others of their groups. */
    groups: ReplicationGroups
    inSync: InSyncDecider
    suspects: SuspectReplicas
    /** A replica without a leader stands after so long at most, where replicas elect their leader themselves. */
    electionMs: number
    rules: ReplicationRules
    runtime: Runtime
    /** Told when the disk fails under a vote, or under a log that is made. */
    diskFailed: (fault: DiskFault) => void
  }) {
    this.#self = parts.self
    this.#asReplica = { broker: parts.self, directory: parts.directory }
    this.#image = parts.image
    this.#configs = parts.configs
    this.#logs = parts.logs
    this.#groups = parts.groups
    this.#inSync = parts.inSync
    this.#onceSuspect = parts.suspects
    this.#runtime = parts.runtime
    this.#electionMs = parts.electionMs
    this.#rules = parts.rules
    this.#diskFailed = parts.diskFailed
    this.#clock = parts.runtime.clock
    this.#leaderThrottle = new CatchUpThrottle(this.#clock, () => this.#configs.broker.leaderReplicationThrottledRate)
    this.#followerThrottle = new CatchUpThrottle(
      this.#clock,
      () => this.#configs.broker.followerReplicationThrottledRate,
    )
    this.#logger = parts.runtime.logger
    this.#queues = new HostedQueues({ image: parts.image, clock: this.#clock })
  }

  get(topic: string, partition: number): Replica | null {
    return this.#replicas.get(topic)?.get(partition) ?? null
  }

  /** What clients write to and read from of the partition here: a replica's log, or a queue in one; null: nothing. */
  served(topic: string, partition: number): ServedPartition | null {
    const group = this.#image.partition(topic, partition)?.group ?? null
    if (group === null) return this.get(topic, partition)
    const holder = this.get(commitLogOf(group), 0)
    return holder === null ? null : this.#queues.of(topic, partition, holder)
  }

  *all(): Iterable<Replica> {
    for (const replicas of this.#replicas.values()) yield* replicas.values()
  }

  /** Those whose logs are compacted. All of a topic have the same settings: the others are not even looked at. */
  *compacted(): Iterable<Replica> {
    for (const replicas of this.#replicas.values()) {
      const [first] = replicas.values()
      if ((first?.log.settings.compaction ?? null) !== null) yield* replicas.values()
    }
  }

  /** Who leads the partition in which epoch, as far as this broker knows; leader -1: nobody. */
  leaderOf(topic: TopicImage, partition: PartitionImage): { leader: BrokerId; epoch: LeaderEpoch } {
    const { leader, leaderEpoch: epoch, index } = partition
    if (this.#schemeOf(topic.name).elect !== 'self') return { leader, epoch }
    const holder = this.#image.holderOf(topic.name, index) ?? { topic, partition }
    const name = { topicId: holder.topic.id, partition: holder.partition.index }
    return this.#groups.leaderOf(name) ?? { leader: -1, epoch: -1 }
  }

  /** Whether the replicas of the topic elect their leaders themselves. */
  electsItself(topic: string): boolean {
    return this.#schemeOf(topic).elect === 'self'
  }

  /** Partitions that belong here and have no log that can be used, with what stands in the way. */
  offline(): Iterable<Offline> {
    return this.#offline.values()
  }

  isOffline(topic: string, partition: number): boolean {
    const holder = this.#image.holderOf(topic, partition)
    return holder !== null && this.#offline.has(keyOf(holder.topic.name, holder.partition.index))
  }

  /** The listener hears of leaderships from now on, and at once of those that are. */
  listen(listener: LeadershipListener): void {
    this.#listeners.push(listener)
    for (const replica of this.all()) {
      if (replica.leads) listener.elected(replica.topic, replica.partition, replica)
    }
  }

  /** Makes the log start offsets of all partitions durable. */
  checkpoint(): Promise<void> {
    return this.#logs.checkpoint()
  }

  /** Puts committed records, which the image has replayed already, into effect. */
  async apply(records: readonly MetadataRecord[]): Promise<void> {
    await this.#removeDeleted(records)
    const touched = this.#partitionsIn(records)
    for (const topic of this.#configs.changedBy(records)) this.#configure(topic)
    // A broker that has just started leads thousands at once: what needs no waiting makes no promise.
    const waited: Promise<void>[] = []
    for (const [partition, topic] of touched) {
      if (!this.#followAtOnce(topic, partition)) waited.push(this.#follow(topic, partition))
    }
    await Promise.all(waited)
    for (const [partition, topic] of touched) this.#lookForLost(topic, partition)
    // Who may join an in-sync set has changed, and nothing else may come of those that wait for it.
    if (records.some(({ type }) => type === 'broker-change')) this.reviewInSync(Number.MAX_SAFE_INTEGER)
  }

  /**
   * Followers that have lagged for longer than `lagMs` are to leave the in-sync sets, and those that are fit to join them. Where roles are
   * fixed nobody leaves: the set says whose copies were whole once, and only a new disk ends that.
   */
  reviewInSync(lagMs: number): void {
    for (const replica of this.reviewed) {
      const isFixed = replica.scheme.elect === 'fixed'
      if (replica.leads) replica.reviewInSync(isFixed ? Number.MAX_SAFE_INTEGER : lagMs)
    }
  }

  /** Those led here whose leader may go on alone when others are too slow. */
  *degradable(): Iterable<Replica> {
    for (const replica of this.reviewed) {
      if (replica.leads && replica.scheme.commit.degradesAfterMs !== undefined) yield replica
    }
  }

  /** Voters that are due are changed, and replicas that their groups have put out go. One round for all partitions. */
  async reviewVoters(): Promise<void> {
    for (const replica of this.selfElected) {
      if (replica.leads) reviewVoters(replica, this.#clock.monotonicMs())
      else await this.#leaveIfOut(replica)
    }
  }

  /** Opens a replica that a group wants here, before the image tells of it. False: there is no such partition. */
  async host({ topicId, partition: index }: GroupName): Promise<boolean> {
    const topic = this.#image.topicById(topicId)
    const partition = topic?.partitions[index]
    if (topic === null || partition === undefined) return false
    this.#invited.set(keyOf(topic.name, index), this.#clock.monotonicMs() + invitedMs)
    await this.#follow(topic, partition)
    return this.get(topic.name, index) !== null
  }

  /**
   * Opens everything that the image says this broker hosts, and what else it has of groups that elect their leaders themselves: the
   * image may not know of their changes yet. Follows those that lead. Suspects are `topic:partition`.
   */
  async openAll(suspects: ReadonlySet<string>, inFolder: readonly HostedName[]): Promise<void> {
    for (const suspect of suspects) this.#suspects.add(suspect)
    const here = new Set(inFolder.map(({ topic, partition }) => keyOf(topic, partition)))
    await inParallel(this.#hosted(here), opensAtOnce, ({ topic, partition }) => this.#follow(topic, partition))
    this.#isOpen = true
  }

  *#hosted(here: ReadonlySet<string>): Iterable<{ topic: TopicImage; partition: PartitionImage }> {
    for (const topic of this.#image.topics.values()) {
      const electsItself = this.#schemeOf(topic.name).elect === 'self'
      for (const partition of topic.partitions) {
        if (partition.group !== null) continue
        const isHere = electsItself && here.has(keyOf(topic.name, partition.index))
        if (isHere || partition.replicas.includes(this.#self)) yield { topic, partition }
      }
    }
  }

  async #removeDeleted(records: readonly MetadataRecord[]): Promise<void> {
    if (!records.some((record) => record.type === 'remove-topic')) return
    await this.#deleteOffline()
    for (const record of records) {
      if (record.type !== 'remove-topic') continue
      this.#groups.leaveTopic(record.topicId)
      await this.#queues.drop(record.topicId, this.all())
    }
    const gone = [...this.#replicas.keys()].filter((name) => !this.#image.topics.has(name))
    for (const name of gone) {
      const replicas = [...(this.#replicas.get(name)?.values() ?? [])]
      this.#replicas.delete(name)
      for (const replica of replicas) {
        this.#noMoreRounds(replica)
        replica.resign(replica.epoch, null)
        for (const listener of this.#listeners) listener.resigned(name, replica.partition)
      }
      await Promise.all(replicas.map((replica) => replica.settled()))
      await Promise.all(replicas.map(({ topic, partition }) => this.#logs.delete({ topic, partition })))
    }
    for (const listener of this.#listeners) listener.topicsDeleted(gone)
  }

  async #deleteOffline(): Promise<void> {
    for (const [key, { topic, partition, error }] of this.#offline) {
      if (this.#image.topics.has(topic)) continue
      this.#offline.delete(key)
      try {
        await this.#logs.delete({ topic, partition })
      } catch (failure) {
        // What is left of it is set aside at the next start.
        this.#logger.warn({ topic, partition, error: String(failure), offline: error.message }, 'a log was not deleted')
      }
    }
  }

  #partitionsIn(records: readonly MetadataRecord[]): ReadonlyMap<PartitionImage, TopicImage> {
    const touched = new Map<PartitionImage, TopicImage>()
    for (const record of records) {
      if (record.type !== 'partition' && record.type !== 'partition-change') continue
      const topic = this.#image.topicById(record.topicId)
      const partition = topic?.partitions[record.partition]
      if (topic === null || partition === undefined || partition.group !== null) continue
      const isHere = partition.replicas.includes(this.#self) || this.get(topic.name, partition.index) !== null
      if (isHere) touched.set(partition, topic)
    }
    return touched
  }

  /** Leads or follows the partition as the image says. */
  async #follow(topic: TopicImage, partition: PartitionImage): Promise<void> {
    const isOut = !partition.replicas.includes(this.#self)
    // The image decides on those; the others hear of it from their own group.
    if (isOut && this.#schemeOf(topic.name).elect !== 'self') return this.#remove(topic, partition.index)
    const replica = this.get(topic.name, partition.index) ?? (await this.#open(topic, partition))
    if (replica === null) return
    if (replica.scheme.elect !== 'self') await replica.settled()
    this.#takeRole(replica, topic, partition)
  }

  /** False: there is something to be waited for first. */
  #followAtOnce(topic: TopicImage, partition: PartitionImage): boolean {
    const replica = this.get(topic.name, partition.index)
    if (replica === null || !replica.isSettled || !partition.replicas.includes(this.#self)) return false
    this.#takeRole(replica, topic, partition)
    return true
  }

  #takeRole(replica: Replica, topic: TopicImage, partition: PartitionImage): void {
    if (replica.scheme.elect === 'self') return this.#reconfigure(replica, partition)
    this.#meetOthers(replica, { topicId: topic.id, partition: partition.index }, partition)
    const { leader, leaderEpoch } = partition
    const isSame = replica.epoch === leaderEpoch && replica.knownLeader === (leader === -1 ? null : leader)
    if (isSame && (leader !== this.#self || replica.leads)) return this.#reconfigure(replica, partition)
    // Fenced it leads nothing new: a partition that waits for this broker gets a new epoch when it is alive again.
    if (leader === this.#self && this.#image.isAlive(this.#self)) return this.#lead(replica, partition)
    if (leader === this.#self) return
    const led = replica.leads
    if (leader === -1) replica.resign(leaderEpoch, null)
    else replica.follow(leaderEpoch, leader)
    this.#reconfigure(replica, partition)
    if (led) for (const listener of this.#listeners) listener.resigned(topic.name, partition.index)
  }

  /** What an earlier leader alone had is lost with its disk: at the earliest where the next one went on. */
  #lookForLost(topic: TopicImage, partition: PartitionImage): void {
    const replica = this.get(topic.name, partition.index)
    if (replica === null || !replica.leads) return
    const { epochs, logEndOffset } = replica.log
    for (const astray of this.#image.astray.of(topic.id, partition.index)) {
      if (!astray.lostDisk) continue
      const next = epochs.entries.find(({ epoch }) => epoch > astray.epoch)
      const name = { topic: topic.name, topicId: topic.id, partition: partition.index }
      const from = next?.startOffset ?? logEndOffset
      const shown = replica.endShownBy(astray.broker)
      const to = shown !== null && shown > from ? shown : null
      this.#onceSuspect.leadsAfter(name, astray, { from, to })
    }
  }

  /**
   * A replica goes that its group has put out: the image says so, told by a leader that is no older than what this replica has heard, and so
   * does its own log. One that is about to be taken in has an entry that names it before it counts.
   */
  async #leaveIfOut(replica: Replica): Promise<void> {
    const { topic: name, partition: index, latestVoters } = replica
    const topic = this.#image.topics.get(name)
    const partition = topic?.partitions[index]
    if (topic === undefined || partition === undefined || partition.replicas.includes(this.#self)) return
    const isInvited = (this.#invited.get(keyOf(name, index)) ?? 0) > this.#clock.monotonicMs()
    if (isInvited || latestVoters === null || partition.leaderEpoch < replica.epoch) return
    const { voters, learner } = latestVoters
    if (learner?.broker === this.#self || voters.some(({ broker }) => broker === this.#self)) return
    await this.#remove(topic, index)
  }

  async #remove(topic: TopicImage, partition: number): Promise<void> {
    const replica = this.get(topic.name, partition)
    if (replica === null) return
    this.#replicas.get(topic.name)?.delete(partition)
    this.#noMoreRounds(replica)
    this.#invited.delete(keyOf(topic.name, partition))
    this.#groups.leave({ topicId: topic.id, partition })
    const led = replica.leads
    replica.resign(replica.epoch, null)
    if (led) for (const listener of this.#listeners) listener.resigned(topic.name, partition)
    this.#logger.info({ topic: topic.name, partition }, 'a replica is not wanted here any more: it is deleted')
    await this.#logs.delete({ topic: topic.name, partition })
  }

  #noMoreRounds(replica: Replica): void {
    this.reviewed.delete(replica)
    this.selfElected.delete(replica)
  }

  #lead(replica: Replica, partition: PartitionImage): void {
    const { topic, partition: index } = replica
    // One that is damaged is to be repaired as soon as somebody else can lead.
    if (replica.isSuspect && !replica.isDamaged) this.#onceSuspect.leadsWithout({ topic, partition: index })
    replica.lead(partition.leaderEpoch, setsOf(partition))
    for (const listener of this.#listeners) listener.elected(topic, index, replica)
  }

  /** Null: the partition is offline. Others go on; the broker must neither end nor serve what it does not have. */
  async #open(topic: TopicImage, partition: PartitionImage): Promise<Replica | null> {
    try {
      return await this.#openReplica(topic, partition)
    } catch (error) {
      // What has no code is no fault of the disk but a mistake of ours.
      if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error
      const name = { topic: topic.name, partition: partition.index }
      this.#offline.set(keyOf(name.topic, name.partition), { ...name, error })
      this.#logger.error({ ...name, error: error.message }, 'a partition is offline')
      // One of many files may be bad when it starts; a disk that takes no new one takes nothing.
      if (this.#isOpen && error instanceof DiskFault) this.#diskFailed(error)
      return null
    }
  }

  async #openReplica(topic: TopicImage, partition: PartitionImage): Promise<Replica> {
    const name = { topic: topic.name, partition: partition.index }
    const group = { topicId: topic.id, partition: partition.index }
    const settings = logSettingsOf(this.#configs.topic(topic.name))
    const self = this.#asReplica
    const scheme = this.#schemeOf(topic.name)
    const electsItself = scheme.elect === 'self'
    const suspect = this.#suspects.size > 0 && this.#suspects.has(keyOf(name.topic, name.partition))
    const replica = await Replica.open(
      {
        ...name,
        self,
        scheme,
        inSync: electsItself ? null : this.#inSync,
        suspect,
        damaged: this.#foundDamaged,
        // The others meet their likes when there are any.
        ...(electsItself && { link: this.#linkFor(name, group), receipts: this.#receiptsFor(name, group) }),
        rules: this.#rules,
        clock: this.#clock,
        logger: this.#logger,
      },
      (events) => this.#logs.open({ ...name, topicId: topic.id }, settings, events),
    )
    const replicas = this.#replicas.get(topic.name) ?? new Map<number, Replica>()
    invariant(!replicas.has(partition.index), 'a partition is opened twice', name)
    replica.throttle(this.#throttlesOf(name))
    replicas.set(partition.index, replica)
    this.#replicas.set(topic.name, replicas)
    if (!electsItself) {
      this.#meetOthers(replica, group, partition)
      return replica
    }
    this.selfElected.add(replica)
    const election = await this.#elect(replica, group, { self, partition, suspect })
    this.#groups.join(group, { replica, election })
    return replica
  }

  /**
   * Where replicas do not elect their leader themselves: it is in touch with the others, and its in-sync set is looked at, as long as
   * there are any. A group of one, of which there may be thousands, costs nothing of that.
   */
  #meetOthers(replica: Replica, group: GroupName, { replicas }: PartitionImage): void {
    const hasOthers = replicas.length > 1
    if (hasOthers === this.reviewed.has(replica)) return
    if (hasOthers) {
      replica.meet(this.#linkFor(replica, group), this.#receiptsFor(replica, group))
      this.reviewed.add(replica)
      this.#groups.join(group, { replica, election: null })
    } else {
      replica.meet(null, noReceipts)
      this.reviewed.delete(replica)
      this.#groups.leave(group)
    }
  }

  /** Has the replica take part in the elections of its group. */
  async #elect(
    replica: Replica,
    group: GroupName,
    { self, partition, suspect }: { self: ReplicaId; partition: PartitionImage; suspect: boolean },
  ): Promise<SelfElected> {
    let leads = false
    const { topic, partition: index } = replica
    const directory = this.#logs.folderOf(replica)
    const made = setsOf(partition).replicas
    replica.countBy(await GroupVoters.open(this.#runtime.disk, directory, replica.log, made))
    return await SelfElected.start({
      runtime: this.#runtime,
      replica,
      directory,
      self,
      suspect,
      rules: this.#rules,
      electionMs: [this.#electionMs / 3, this.#electionMs],
      send: this.#groups.linkFor(group).send,
      failed: this.#diskFailed,
      changed: () => {
        if (leads) for (const listener of this.#listeners) listener.resigned(topic, index)
        leads = replica.leads
        if (!leads) return
        this.#groups.announce(group, replica.epoch)
        for (const listener of this.#listeners) listener.elected(topic, index, replica)
      },
    })
  }

  #receiptsFor({ topic, partition }: HostedName, { topicId }: GroupName): ReplicaReceipts {
    return this.#logs.receiptsFor({ topic, partition, topicId })
  }

  #linkFor(name: HostedName, group: GroupName): GroupLink {
    const link = this.#groups.linkFor(group)
    const trusted = (): void => {
      link.trusted()
      this.#onceSuspect.hasAllAgain(name)
    }
    return { ...link, trusted }
  }

  #configure(topic: string): void {
    for (const replica of this.#replicas.get(topic)?.values() ?? []) {
      const partition = this.#image.partition(topic, replica.partition)
      if (partition !== null) this.#reconfigure(replica, partition)
    }
  }

  #reconfigure(replica: Replica, partition: PartitionImage): void {
    replica.throttle(this.#throttlesOf(replica))
    replica.configure({
      settings: logSettingsOf(this.#configs.topic(replica.topic)),
      scheme: this.#schemeOf(replica.topic),
      sets: setsOf(partition),
    })
  }

  #throttlesOf({ topic, partition }: HostedName): ReplicaThrottles {
    const { leaderReplicationThrottledReplicas: asLeader, followerReplicationThrottledReplicas: asFollower } =
      this.#configs.topic(topic)
    if (asLeader.length === 0 && asFollower.length === 0) return noThrottles
    return {
      leader: isThrottled(asLeader, partition, this.#self) ? this.#leaderThrottle : null,
      follower: isThrottled(asFollower, partition, this.#self) ? this.#followerThrottle : null,
    }
  }

  #schemeOf(topic: string): Scheme {
    return schemeOf(this.#configs.topic(topic))
  }
}

/** By the list of brokers: all partitions of the same replicas share it, and their copies with it. */
const copiesOf = new WeakMap<readonly BrokerId[], { directories: readonly string[]; copies: readonly ReplicaId[] }>()

function setsOf({ replicas, directories, inSync, eligible, partitionEpoch }: PartitionImage): ReplicaSets {
  let known = copiesOf.get(replicas)
  if (known?.directories !== directories) {
    const copies = replicas.map((broker, at) => ({ broker, directory: directories[at] ?? zeroUuid }))
    known = { directories, copies }
    copiesOf.set(replicas, known)
  }
  return { replicas: known.copies, inSync, eligible, partitionEpoch }
}
