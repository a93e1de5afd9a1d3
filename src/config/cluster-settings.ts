import { parseReplicaSelector, type ReplicaSelector, selectorForm } from './replica-selector.ts'
import { brokerGroupForm, type BrokerGroupSetting, parseBrokerGroups } from './broker-group-setting.ts'
import { boolean, custom, int, list, long, longMax, string } from './setting-kinds.ts'
import { type HostAndPort, hostAndPortForm, parseHostAndPort, parseVoters, type Voter, voterForm } from './voters.ts'

const mib = 1_048_576

/** What makes a broker a part of its cluster. */
export const clusterSettings = {
  'auto.create.topics.enable': boolean({
    default: true,
    about: 'Makes a topic when a client asks for the metadata of one that is not there and allows it.',
  }),
  'auto.leader.rebalance.enable': boolean({
    default: true,
    about: 'Has preferred leaders lead again after failovers, where that loses nothing.',
  }),
  'broker.groups': custom<readonly BrokerGroupSetting[]>(
    'list',
    {
      default: '',
      allowed: brokerGroupForm,
      about:
        'Trilog only. Broker groups that are made when the broker has started, where the cluster has none of that name: brokers that hold together what replication.groups deals to them, the first the primary.',
    },
    parseBrokerGroups,
  ),
  'broker.heartbeat.interval.ms': int({
    default: 100,
    min: 10,
    about: 'How often a broker tells each of the others that it lives. Kafka has 2000, to the controller only.',
  }),
  'broker.rack': string({
    default: null,
    about: 'Where the broker stands; told to clients, which may prefer what is near.',
  }),
  'broker.session.timeout.ms': int({
    default: 2_000,
    min: 50,
    about:
      'A broker of which nothing is heard for so long is fenced: others lead what it led. One whose process has ended is noticed at once. Kafka has 9000.',
  }),
  'cluster.id': string({
    default: null,
    about:
      'Trilog only. Id of the cluster, for a folder that is made new; one that is there must have the same. One broker alone makes one up.',
  }),
  'controller.quorum.election.timeout.ms': int({
    default: 300,
    min: 20,
    about:
      'A voter of the metadata log that knows of no leader stands for election after this time at most, drawn at random. Kafka has 1000.',
  }),
  'controller.quorum.fetch.snapshot.max.bytes': int({
    default: mib,
    min: 1,
    about: 'Bytes of a snapshot of the cluster image that one answer brings to a process which fetches it.',
  }),
  'controller.quorum.voters': custom<readonly Voter[]>(
    'list',
    {
      default: '',
      allowed: voterForm,
      about:
        'The voters of the metadata log, at their peer listeners, with the id of their folder, which Kafka does not name here. None: this broker is the only one.',
    },
    parseVoters,
  ),
  'default.replication.factor': int({
    default: 1,
    min: 1,
    max: 32_767,
    about: 'Replicas of a topic that is made without saying how many.',
  }),
  'delete.topic.enable': boolean({ default: true, about: 'Whether clients may delete topics.' }),
  'follower.replication.throttled.rate': long({
    default: longMax,
    min: 0,
    dynamic: true,
    about:
      'Bytes a second that this broker asks for, as follower, while it is far behind, of the replicas that follower.replication.throttled.replicas of their topic names.',
  }),
  'leader.imbalance.check.interval.seconds': long({
    default: 300,
    min: 1,
    about: 'How often it is looked at who leads what, with auto.leader.rebalance.enable.',
  }),
  'leader.imbalance.per.broker.percentage': int({
    default: 10,
    min: 0,
    about:
      'Share of the partitions that a broker is the preferred leader of, in percent: if others lead more of them, it gets all back that it may lead.',
  }),
  'leader.replication.throttled.rate': long({
    default: longMax,
    min: 0,
    dynamic: true,
    about:
      'Bytes a second that this broker sends, as leader, to followers that are far behind, of the replicas that leader.replication.throttled.replicas of their topic names.',
  }),
  'metadata.log.max.record.bytes.between.snapshots': long({
    default: 20 * mib,
    min: 1,
    about: 'Bytes of the metadata log after which a snapshot of the cluster image is taken.',
  }),
  'metadata.log.max.snapshot.interval.ms': long({
    default: 3_600_000,
    min: 0,
    about:
      'Time after which a snapshot of the cluster image is taken, if there is anything new; 0: never for the time.',
  }),
  'metadata.log.segment.bytes': int({
    default: 1_073_741_824,
    min: 8 * mib,
    about: 'Size at which the metadata log begins a new segment.',
  }),
  'metadata.log.segment.ms': long({
    default: 604_800_000,
    min: 1,
    about: 'Age at which the metadata log begins a new segment.',
  }),
  'majority.election.timeout.ms': int({
    default: 300,
    min: 20,
    about:
      'Trilog only. A replica of a majority topic that knows of no leader stands for election after this time at most, drawn at random.',
  }),
  'node.id': int({
    default: 1,
    min: 0,
    about: 'Number of this broker, unique in the cluster. Kafka has no default for it.',
  }),
  'num.partitions': int({ default: 1, min: 1, about: 'Partitions of a topic that is made without saying how many.' }),
  'peer.advertised.listener': custom<HostAndPort | null>(
    'string',
    {
      default: null,
      allowed: hostAndPortForm,
      about: 'Trilog only. Where other brokers reach this one, if not at peer.listener.',
    },
    parseHostAndPort,
  ),
  'peer.listener': custom<HostAndPort | null>(
    'string',
    {
      default: null,
      allowed: hostAndPortForm,
      about: 'Trilog only. Where this broker takes the streams of others. None: it is alone.',
    },
    parseHostAndPort,
  ),
  'process.roles': list<'broker' | 'controller'>({
    default: ['broker', 'controller'],
    values: ['broker', 'controller'],
    about:
      'What this process is: a broker, a controller (a voter of the metadata log), or both. A controller alone has no topics and no ports for clients. Kafka has no default for it.',
  }),
  'replica.lag.time.max.ms': long({
    default: 30_000,
    min: 1,
    about: 'A follower that has not had everything for so long leaves the in-sync set.',
  }),
  'replica.selector.class': custom<ReplicaSelector>(
    'string',
    {
      default: null,
      allowed: selectorForm,
      about: 'Which replica a consumer that names its rack (client.rack) is sent to: one in its rack, or the leader.',
    },
    parseReplicaSelector,
  ),
}
