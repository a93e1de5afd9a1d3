import type { RequestInputOf } from '../codec/api.ts'
import { alterConfigs } from '../kafka/schema/alter-configs.ts'
import { apiVersions } from '../kafka/schema/api-versions.ts'
import { createPartitions } from '../kafka/schema/create-partitions.ts'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { deleteGroups } from '../kafka/schema/delete-groups.ts'
import { deleteRecords } from '../kafka/schema/delete-records.ts'
import { deleteTopics } from '../kafka/schema/delete-topics.ts'
import { describeCluster } from '../kafka/schema/describe-cluster.ts'
import { describeConfigs } from '../kafka/schema/describe-configs.ts'
import { describeGroups } from '../kafka/schema/describe-groups.ts'
import { describeLogDirs } from '../kafka/schema/describe-log-dirs.ts'
import { describeProducers } from '../kafka/schema/describe-producers.ts'
import { describeQuorum } from '../kafka/schema/describe-quorum.ts'
import { describeTopicPartitions } from '../kafka/schema/describe-topic-partitions.ts'
import { electLeaders } from '../kafka/schema/elect-leaders.ts'
import { fetch } from '../kafka/schema/fetch.ts'
import { findCoordinator } from '../kafka/schema/find-coordinator.ts'
import { heartbeat } from '../kafka/schema/heartbeat.ts'
import { incrementalAlterConfigs } from '../kafka/schema/incremental-alter-configs.ts'
import { initProducerId } from '../kafka/schema/init-producer-id.ts'
import { joinGroup } from '../kafka/schema/join-group.ts'
import { leaveGroup } from '../kafka/schema/leave-group.ts'
import { listConfigResources } from '../kafka/schema/list-config-resources.ts'
import { listGroups } from '../kafka/schema/list-groups.ts'
import { listOffsets } from '../kafka/schema/list-offsets.ts'
import { metadata } from '../kafka/schema/metadata.ts'
import { offsetCommit } from '../kafka/schema/offset-commit.ts'
import { offsetDelete } from '../kafka/schema/offset-delete.ts'
import { offsetFetch } from '../kafka/schema/offset-fetch.ts'
import { offsetForLeaderEpoch } from '../kafka/schema/offset-for-leader-epoch.ts'
import { produce } from '../kafka/schema/produce.ts'
import { syncGroup } from '../kafka/schema/sync-group.ts'
import { unregisterBroker } from '../kafka/schema/unregister-broker.ts'
import { ownCalls } from './own-calls-fixture.ts'
import { reassignmentCalls } from './reassignment-calls-fixture.ts'
import { type BatchOptions, buildBatch } from '../record/batch-builder.ts'

import {
  Known,
  type KafkaCall,
  call,
  recordTime,
  batchOf,
  corrupt,
  oldMagic,
  produceTo,
  fetchFrom,
} from './kafka-call-fixture.ts'

const producerOf = (known: Known, baseSequence: number, epoch = 0): BatchOptions => ({
  producer: { id: known.producerId, epoch, baseSequence },
})

const produceCalls: KafkaCall[] = [
  call(produce, 'one batch', (known) => produceTo(known, 'words', batchOf(2), { acks: 1 })),
  call(produce, 'one batch to every replica', (known) => produceTo(known, 'words', batchOf(2))),
  call(produce, 'log append time', (known) => produceTo(known, 'stamped', batchOf(2))),
  call(produce, 'unknown topic', (known) => produceTo(known, 'nowhere', batchOf(1))),
  call(produce, 'unknown partition', (known) => produceTo(known, 'words', batchOf(1), { index: 99 })),
  call(produce, 'negative partition', (known) => produceTo(known, 'words', batchOf(1), { index: -1 })),
  call(produce, 'acks that are none', (known) => produceTo(known, 'words', batchOf(1), { acks: 2 })),
  call(produce, 'corrupt', (known) => produceTo(known, 'words', corrupt(batchOf(3)))),
  call(produce, 'too large', (known) => produceTo(known, 'small', batchOf(30))),
  call(produce, 'larger than a segment', (known) => produceTo(known, 'narrow', batchOf(30))),
  call(produce, 'duplicate', (known) => produceTo(known, 'words', batchOf(2, producerOf(known, 0)), { index: 2 })),
  call(produce, 'gap in the sequence', (known) =>
    produceTo(known, 'words', batchOf(2, producerOf(known, 50)), { index: 2 }),
  ),
  call(produce, 'new producer epoch with a sequence', (known) =>
    produceTo(known, 'words', batchOf(2, producerOf(known, 5, 1)), { index: 2 }),
  ),
  call(produce, 'unknown producer beginning late', (known) =>
    produceTo(known, 'words', batchOf(1, { producer: { id: 900_000, epoch: 3, baseSequence: 17 } }), { index: 1 }),
  ),
  call(produce, 'internal topic', (known) => produceTo(known, '__consumer_offsets', batchOf(1)), [3, 12]),
  call(produce, 'compacted topic without keys', (known) =>
    produceTo(known, 'compacted', buildBatch([{ timestamp: recordTime, value: Buffer.from('x') }])),
  ),
  call(produce, 'control batch of a client', (known) => produceTo(known, 'words', batchOf(1, { control: true }))),
  call(produce, 'timestamp far in the future', (known) => produceTo(known, 'words', batchOf(1, {}, 4_000_000_000_000))),
  call(produce, 'two batches in one', (known) => produceTo(known, 'words', Buffer.concat([batchOf(1), batchOf(1)]))),
]

const produceOddities: KafkaCall[] = [
  call(produce, 'old magic', (known) => produceTo(known, 'words', oldMagic(batchOf(1)))),
  call(produce, 'transactional id', (known) => {
    const batch = batchOf(1, { ...producerOf(known, 2), transactional: true })
    return produceTo(known, 'words', batch, { transactionalId: 'mine', index: 2 })
  }),
]

const fetchCalls: KafkaCall[] = [
  call(fetch, 'from the start', (known) => fetchFrom(known, 'words', { index: 1, maxBytes: 100 })),
  call(fetch, 'in the middle of a batch', (known) => fetchFrom(known, 'words', { index: 1, from: 2 })),
  call(fetch, 'first batch larger than all limits', (known) =>
    fetchFrom(known, 'words', { index: 1, maxBytes: 1, partitionMaxBytes: 1 }),
  ),
  call(fetch, 'committed records', (known) => fetchFrom(known, 'words', { index: 1, isolationLevel: 1 })),
  call(fetch, 'an empty partition', (known) => fetchFrom(known, 'empty')),
  call(fetch, 'beyond the end', (known) => fetchFrom(known, 'words', { from: 1_000_000 })),
  call(fetch, 'a negative offset', (known) => fetchFrom(known, 'words', { from: -5 })),
  call(fetch, 'unknown topic', (known) => fetchFrom(known, 'nowhere')),
  call(fetch, 'unknown partition', (known) => fetchFrom(known, 'words', { index: 77 })),
  call(fetch, 'a leader epoch to come', (known) => fetchFrom(known, 'words', { leaderEpoch: 1000 })),
  call(fetch, 'unknown session', (known) => fetchFrom(known, 'words', { sessionId: 12345, sessionEpoch: 7 })),
  call(
    fetch,
    'a log that went another way',
    (known) => fetchFrom(known, 'words', { from: 1, lastFetchedEpoch: 1000 }),
    [12, 18],
  ),
  call(fetch, 'nothing', { maxWaitMs: 0, minBytes: 1, maxBytes: 1000, topics: [] }),
]

const at = (timestamp: number, more: { index?: number; epoch?: number; topic?: string } = {}) => ({
  replicaId: -1,
  isolationLevel: 0,
  topics: [
    {
      name: more.topic ?? 'words',
      partitions: [{ partitionIndex: more.index ?? 1, currentLeaderEpoch: more.epoch ?? -1, timestamp }],
    },
  ],
})

const offsetCalls: KafkaCall[] = [
  call(listOffsets, 'latest', at(-1)),
  call(listOffsets, 'earliest', at(-2)),
  call(listOffsets, 'highest timestamp', at(-3)),
  call(listOffsets, 'highest timestamp of an empty partition', at(-3, { topic: 'empty', index: 0 })),
  call(listOffsets, 'earliest local', at(-4)),
  call(listOffsets, 'latest tiered', at(-5)),
  call(listOffsets, 'earliest pending upload', at(-6)),
  call(listOffsets, 'a special timestamp that is none', at(-99)),
  call(listOffsets, 'by time', at(recordTime + 2)),
  call(listOffsets, 'by a time before all', at(5)),
  call(listOffsets, 'by a time after all', at(recordTime + 10 ** 9)),
  call(listOffsets, 'latest committed', { ...at(-1), isolationLevel: 1 }),
  call(listOffsets, 'unknown partition', at(-1, { index: 50 })),
  call(listOffsets, 'unknown topic', at(-1, { topic: 'nowhere' })),
  call(listOffsets, 'a leader epoch to come', at(-1, { epoch: 1000 })),
  call(listOffsets, 'one partition twice', {
    replicaId: -1,
    topics: [{ name: 'words', partitions: [-1, -2].map((timestamp) => ({ partitionIndex: 1, timestamp })) }],
  }),
  ...[
    { name: 'the present epoch', topic: 'words', partition: 1, leaderEpoch: 0 },
    { name: 'an epoch to come', topic: 'words', partition: 1, leaderEpoch: 1000 },
    { name: 'no epoch', topic: 'words', partition: 1, leaderEpoch: -1 },
    { name: 'unknown topic', topic: 'nowhere', partition: 0, leaderEpoch: 0 },
    { name: 'unknown partition', topic: 'words', partition: 88, leaderEpoch: 0 },
  ].map(({ name, topic, partition, leaderEpoch }) =>
    call(offsetForLeaderEpoch, name, {
      replicaId: -1,
      topics: [{ topic, partitions: [{ partition, currentLeaderEpoch: -1, leaderEpoch }] }],
    }),
  ),
  call(offsetForLeaderEpoch, 'a leadership to come', {
    replicaId: -1,
    topics: [{ topic: 'words', partitions: [{ partition: 0, currentLeaderEpoch: 1000, leaderEpoch: 0 }] }],
  }),
  call(deleteRecords, 'up to an offset', {
    timeoutMs: 5000,
    topics: [{ name: 'words', partitions: [{ partitionIndex: 0, offset: 2 }] }],
  }),
  ...[
    { name: 'beyond the end', topic: 'words', partitionIndex: 0, offset: 10 ** 9 },
    { name: 'a negative offset', topic: 'words', partitionIndex: 0, offset: -7 },
    { name: 'unknown topic', topic: 'nowhere', partitionIndex: 0, offset: 0 },
    { name: 'unknown partition', topic: 'words', partitionIndex: 44, offset: 0 },
    { name: 'a compacted topic', topic: 'compacted', partitionIndex: 0, offset: 0 },
    { name: 'an internal topic', topic: '__consumer_offsets', partitionIndex: 0, offset: 0 },
  ].map(({ name, topic, ...partition }) =>
    call(deleteRecords, name, { timeoutMs: 5000, topics: [{ name: topic, partitions: [partition] }] }),
  ),
]

type NewTopic = NonNullable<NonNullable<RequestInputOf<typeof createTopics>['topics']>[number]>

const makes = (name: string, topic: NewTopic, more: { validateOnly?: boolean } = {}): KafkaCall =>
  call(createTopics, name, (_, version) => ({
    topics: [
      {
        numPartitions: 1,
        replicationFactor: 1,
        ...topic,
        name: topic.name ?? `${name.replaceAll(/\W/g, '-')}-${version}`,
      },
    ],
    timeoutMs: 5000,
    ...more,
  }))

const topicCalls: KafkaCall[] = [
  makes('one topic', {}),
  makes('one topic with settings', { configs: [{ name: 'retention.ms', value: '1234' }] }),
  makes('by the defaults of the broker', { numPartitions: -1, replicationFactor: -1 }),
  makes('checked only', {}, { validateOnly: true }),
  makes('by assignment', {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds: [1] }],
  }),
  makes('by assignment with counts', { assignments: [{ partitionIndex: 0, brokerIds: [1] }] }),
  makes('by assignment with a gap', {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [0, 2].map((partitionIndex) => ({ partitionIndex, brokerIds: [1] })),
  }),
  makes('by assignment to a stranger', {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds: [99] }],
  }),
  makes('by assignment twice to one', {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds: [1, 1] }],
  }),
  makes('by assignment without brokers', {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds: [] }],
  }),
  makes('one that exists', { name: 'words' }),
  makes('a name too long', { name: 'x'.repeat(250) }),
  makes('an empty name', { name: '' }),
  makes('a dot', { name: '.' }),
  makes('the metadata log', { name: '__cluster_metadata' }),
  makes('a space', { name: 'a b' }),
  makes('no partitions', { numPartitions: 0 }),
  makes('negative partitions', { numPartitions: -2 }),
  makes('very many partitions', { numPartitions: 20_000 }),
  makes('no replicas', { replicationFactor: 0 }),
  makes('too many replicas', { replicationFactor: 2 }),
  makes('unknown setting', { configs: [{ name: 'no.such.setting', value: '1' }] }),
  makes('bad value', { configs: [{ name: 'retention.ms', value: 'soon' }] }),
  makes('value out of range', { configs: [{ name: 'segment.bytes', value: '-5' }] }),
  makes('setting without value', { configs: [{ name: 'retention.ms', value: null }] }),
  makes('two that collide', { name: 'a.b' }),
  makes('and the other', { name: 'a_b' }),
  call(createTopics, 'one name twice', (_, version) => ({
    topics: [1, 2].map((numPartitions) => ({ name: `twice-${version}`, numPartitions, replicationFactor: 1 })),
    timeoutMs: 5000,
  })),
  call(createPartitions, 'one more', (_, version) => ({
    topics: [{ name: 'compacted', count: version + 2, assignments: null }],
    timeoutMs: 5000,
  })),
  ...[
    { name: 'checked only', topic: { name: 'words', count: 9, assignments: null }, validateOnly: true },
    { name: 'fewer', topic: { name: 'words', count: 1, assignments: null } },
    { name: 'as many', topic: { name: 'words', count: 3, assignments: null } },
    { name: 'none', topic: { name: 'words', count: 0, assignments: null } },
    { name: 'unknown topic', topic: { name: 'nowhere', count: 2, assignments: null } },
    { name: 'too few assignments', topic: { name: 'words', count: 5, assignments: [{ brokerIds: [1] }] } },
    { name: 'assigned to a stranger', topic: { name: 'words', count: 4, assignments: [{ brokerIds: [99] }] } },
    { name: 'two replicas', topic: { name: 'words', count: 4, assignments: [{ brokerIds: [1, 1] }] } },
    { name: 'an internal topic', topic: { name: '__consumer_offsets', count: 1, assignments: null } },
  ].map(({ name, topic, validateOnly = false }) =>
    call(createPartitions, name, { topics: [topic], timeoutMs: 5000, validateOnly }),
  ),
  call(createPartitions, 'one name twice', {
    topics: [4, 5].map((count) => ({ name: 'words', count, assignments: null })),
    timeoutMs: 5000,
  }),
  call(deleteTopics, 'one topic', (_, version) => ({
    topicNames: [`one-topic-${version + 1}`],
    topics: [{ name: `one-topic-${version + 1}` }],
    timeoutMs: 5000,
  })),
  call(deleteTopics, 'unknown topic', { topicNames: ['nowhere'], topics: [{ name: 'nowhere' }], timeoutMs: 5000 }),
  call(
    deleteTopics,
    'unknown id',
    { topics: [{ name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAZA' }], timeoutMs: 5000 },
    [6, 6],
  ),
  call(deleteTopics, 'neither name nor id', { topics: [{ name: null }], timeoutMs: 5000 }, [6, 6]),
  call(
    deleteTopics,
    'name and id',
    (known) => ({ topics: [{ name: 'doomed', topicId: known.id('doomed') }], timeoutMs: 5000 }),
    [6, 6],
  ),
  call(
    deleteTopics,
    'by name and by id',
    (known) => ({ topics: [{ name: 'doomed' }, { name: null, topicId: known.id('doomed') }], timeoutMs: 5000 }),
    [6, 6],
  ),
  call(deleteTopics, 'one name twice', {
    topicNames: ['doomed', 'doomed'],
    topics: [{ name: 'doomed' }, { name: 'doomed' }],
    timeoutMs: 5000,
  }),
]

const metadataCalls: KafkaCall[] = [
  call(apiVersions, 'who is asked', { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' }),
  call(apiVersions, 'a client without a name', { clientSoftwareName: '', clientSoftwareVersion: '' }, [3, 4]),
  call(apiVersions, 'a client with a strange name', { clientSoftwareName: '-x-', clientSoftwareVersion: '1' }, [3, 4]),
  call(metadata, 'one topic', { topics: [{ name: 'words' }], allowAutoTopicCreation: false }),
  call(metadata, 'all that may be done', {
    topics: [{ name: 'words' }],
    includeClusterAuthorizedOperations: true,
    includeTopicAuthorizedOperations: true,
    allowAutoTopicCreation: false,
  }),
  call(metadata, 'no topic', { topics: [] }, [1, 13]),
  call(metadata, 'unknown topic', { topics: [{ name: 'nowhere' }], allowAutoTopicCreation: false }, [4, 13]),
  call(metadata, 'invalid topic', { topics: [{ name: 'no way' }], allowAutoTopicCreation: true }),
  call(metadata, 'internal topic', { topics: [{ name: '__consumer_offsets' }] }),
  call(metadata, 'one topic twice', { topics: [{ name: 'words' }, { name: 'words' }] }),
  call(metadata, 'a topic made by asking', (_, version) => ({
    topics: [{ name: `asked-for-${version}` }],
    allowAutoTopicCreation: true,
  })),
  call(metadata, 'by id', (known) => ({ topics: [{ name: null, topicId: known.id('words') }] }), [12, 13]),
  call(metadata, 'by id that is unknown', { topics: [{ name: null, topicId: 'AAAAAAAAAAAAAAAAAAAAZA' }] }, [12, 13]),
  call(metadata, 'neither name nor id', { topics: [{ name: null }] }, [12, 13]),
  call(metadata, 'by id too early', (known) => ({ topics: [{ name: null, topicId: known.id('words') }] }), [10, 11]),
  call(metadata, 'by name and id', (known) => ({ topics: [{ name: 'words', topicId: known.id('words') }] }), [12, 13]),
  call(describeCluster, 'brokers', { endpointType: 1 }),
  call(describeCluster, 'what may be done', { endpointType: 1, includeClusterAuthorizedOperations: true }),
  call(describeCluster, 'controllers', { endpointType: 2 }, [1, 2]),
  call(describeCluster, 'an endpoint that is none', { endpointType: 9 }, [1, 2]),
  call(describeCluster, 'fenced ones too', { endpointType: 1, includeFencedBrokers: true }, [2, 2]),
  call(unregisterBroker, 'one that is not registered', { brokerId: 4711 }),
  call(electLeaders, 'one that is led as it should be', {
    topicPartitions: [{ topic: 'words', partitions: [0] }],
  }),
  call(describeTopicPartitions, 'one topic', { topics: [{ name: 'words' }], responsePartitionLimit: 10 }),
  call(describeTopicPartitions, 'a page', { topics: [{ name: 'words' }], responsePartitionLimit: 2 }),
  call(describeTopicPartitions, 'the next page', {
    topics: [{ name: 'words' }],
    responsePartitionLimit: 2,
    cursor: { topicName: 'words', partitionIndex: 2 },
  }),
  call(describeTopicPartitions, 'unknown topic', { topics: [{ name: 'nowhere' }], responsePartitionLimit: 10 }),
  call(describeTopicPartitions, 'invalid topic', { topics: [{ name: 'no way' }], responsePartitionLimit: 10 }),
  call(describeTopicPartitions, 'a cursor at an unknown topic', {
    topics: [{ name: 'words' }],
    responsePartitionLimit: 10,
    cursor: { topicName: 'nowhere', partitionIndex: 0 },
  }),
  call(describeTopicPartitions, 'a negative cursor', {
    topics: [{ name: 'words' }],
    responsePartitionLimit: 10,
    cursor: { topicName: 'words', partitionIndex: -1 },
  }),
  call(describeTopicPartitions, 'two topics on one page', {
    topics: [{ name: 'stamped' }, { name: 'words' }, { name: 'small' }],
    responsePartitionLimit: 2,
  }),
  call(describeTopicPartitions, 'a limit of none', { topics: [{ name: 'words' }], responsePartitionLimit: 0 }),
  call(describeQuorum, 'the metadata log', {
    topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
  }),
  call(describeQuorum, 'another topic', { topics: [{ topicName: 'words', partitions: [{ partitionIndex: 0 }] }] }),
  call(describeQuorum, 'another partition', {
    topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 3 }] }],
  }),
  call(describeLogDirs, 'some partitions', { topics: [{ topic: 'words', partitions: [0, 99] }] }),
  call(describeLogDirs, 'unknown topic', { topics: [{ topic: 'nowhere', partitions: [0] }] }),
  call(describeLogDirs, 'nothing', { topics: [] }),
  call(describeProducers, 'a partition', { topics: [{ name: 'words', partitionIndexes: [2, 1] }] }),
  call(describeProducers, 'unknown ones', {
    topics: [
      { name: 'nowhere', partitionIndexes: [0] },
      { name: 'words', partitionIndexes: [77] },
      { name: 'no way', partitionIndexes: [0] },
    ],
  }),
  call(initProducerId, 'a new producer', { transactionalId: null, transactionTimeoutMs: 0 }),
  call(initProducerId, 'an empty transactional id', { transactionalId: '', transactionTimeoutMs: 1000 }),
  call(initProducerId, 'an epoch without id', { transactionalId: null, producerId: -1, producerEpoch: 4 }, [3, 5]),
  call(initProducerId, 'an id without epoch', { transactionalId: null, producerId: 4, producerEpoch: -1 }, [3, 5]),
  call(
    initProducerId,
    'one that has an id',
    (known) => ({ transactionalId: null, producerId: known.producerId, producerEpoch: 0 }),
    [3, 5],
  ),
]

type Operation = { name: string; configOperation: number; value?: string | null }
const alters = (
  name: string,
  resource: { type?: number; name?: string },
  configs: Operation[],
  validateOnly = false,
): KafkaCall =>
  call(incrementalAlterConfigs, name, {
    resources: [
      {
        resourceType: resource.type ?? 2,
        resourceName: resource.name ?? 'words',
        configs: configs.map((config) => ({ ...config, value: config.value === undefined ? null : config.value })),
      },
    ],
    validateOnly,
  })

const describes = (
  name: string,
  resource: { type: number; name: string; keys?: string[] | null },
  more: { includeSynonyms?: boolean; includeDocumentation?: boolean } = {},
): KafkaCall =>
  call(describeConfigs, name, {
    resources: [{ resourceType: resource.type, resourceName: resource.name, configurationKeys: resource.keys ?? null }],
    ...more,
  })

const configCalls: KafkaCall[] = [
  alters('sets', {}, [{ name: 'retention.ms', configOperation: 0, value: '7777' }]),
  alters('appends', {}, [{ name: 'cleanup.policy', configOperation: 2, value: 'compact' }]),
  alters('subtracts', {}, [{ name: 'cleanup.policy', configOperation: 3, value: 'compact' }]),
  alters('appends to what is no list', {}, [{ name: 'retention.ms', configOperation: 2, value: '1' }]),
  alters('deletes what is not set', {}, [{ name: 'segment.ms', configOperation: 1 }]),
  alters('sets nothing', {}, [{ name: 'retention.ms', configOperation: 0, value: null }]),
  alters('an operation that is none', {}, [{ name: 'retention.ms', configOperation: 9, value: '1' }]),
  alters('names one setting twice', {}, [
    { name: 'retention.ms', configOperation: 0, value: '1' },
    { name: 'retention.ms', configOperation: 0, value: '2' },
  ]),
  alters('unknown setting', {}, [{ name: 'no.such', configOperation: 0, value: '1' }]),
  alters('deletes an unknown setting', {}, [{ name: 'no.such', configOperation: 1 }]),
  alters('bad value', {}, [{ name: 'retention.ms', configOperation: 0, value: 'soon' }]),
  alters('checked only', {}, [{ name: 'retention.ms', configOperation: 0, value: '1' }], true),
  alters('unknown topic', { name: 'nowhere' }, [{ name: 'retention.ms', configOperation: 0, value: '1' }]),
  alters('invalid topic name', { name: 'no way' }, [{ name: 'retention.ms', configOperation: 0, value: '1' }]),
  alters('an empty topic name', { name: '' }, [{ name: 'retention.ms', configOperation: 0, value: '1' }]),
  alters('another broker', { type: 4, name: '99' }, [{ name: 'log.retention.ms', configOperation: 0, value: '1' }]),
  alters('no broker id', { type: 4, name: 'one' }, [{ name: 'log.retention.ms', configOperation: 0, value: '1' }]),
  alters('a broker', { type: 4, name: '1' }, [{ name: 'log.segment.bytes', configOperation: 0, value: '1073741823' }]),
  alters('all brokers', { type: 4, name: '' }, [
    { name: 'log.segment.bytes', configOperation: 0, value: '1073741822' },
  ]),
  alters('what a broker cannot change', { type: 4, name: '1' }, [{ name: 'node.id', configOperation: 0, value: '5' }]),
  alters('an unknown resource type', { type: 77, name: 'x' }, [{ name: 'a', configOperation: 0, value: '5' }]),
  call(incrementalAlterConfigs, 'one resource twice', {
    resources: [1, 2].map((value) => ({
      resourceType: 2,
      resourceName: 'words',
      configs: [{ name: 'retention.ms', configOperation: 0, value: `${value}` }],
    })),
  }),
  describes('one setting of a topic', { type: 2, name: 'words', keys: ['retention.ms'] }, { includeSynonyms: true }),
  describes('a setting with a synonym', { type: 2, name: 'words', keys: ['segment.bytes'] }, { includeSynonyms: true }),
  describes('defaults', { type: 2, name: 'words', keys: ['cleanup.policy', 'flush.ms'] }, { includeSynonyms: true }),
  describes('unknown setting', { type: 2, name: 'words', keys: ['no.such'] }),
  describes('no settings', { type: 2, name: 'words', keys: [] }),
  describes('unknown topic', { type: 2, name: 'nowhere' }),
  describes('invalid topic name', { type: 2, name: 'no way' }),
  describes(
    'a broker',
    { type: 4, name: '1', keys: ['log.segment.bytes', 'num.partitions'] },
    { includeSynonyms: true },
  ),
  describes('all brokers', { type: 4, name: '' }, { includeSynonyms: true }),
  describes('another broker', { type: 4, name: '99' }),
  describes('no broker id', { type: 4, name: 'one' }),
  describes('an unknown resource type', { type: 77, name: 'x' }),
  call(alterConfigs, 'sets all', {
    resources: [{ resourceType: 2, resourceName: 'small', configs: [{ name: 'retention.ms', value: '99' }] }],
  }),
  call(alterConfigs, 'unknown topic', {
    resources: [{ resourceType: 2, resourceName: 'nowhere', configs: [{ name: 'retention.ms', value: '99' }] }],
  }),
  call(alterConfigs, 'unknown setting', {
    resources: [{ resourceType: 2, resourceName: 'small', configs: [{ name: 'no.such', value: '99' }] }],
  }),
  call(alterConfigs, 'no value', {
    resources: [{ resourceType: 2, resourceName: 'small', configs: [{ name: 'retention.ms', value: null }] }],
  }),
  describes('what is left', { type: 2, name: 'small', keys: ['retention.ms', 'max.message.bytes'] }),
  call(listConfigResources, 'clients', { resourceTypes: [16] }),
  call(listConfigResources, 'brokers', { resourceTypes: [4] }, [1, 1]),
  call(listConfigResources, 'broker loggers and groups', { resourceTypes: [8, 32] }, [1, 1]),
  call(listConfigResources, 'an unknown type', { resourceTypes: [3] }, [1, 1]),
]

const groupCalls: KafkaCall[] = [
  call(findCoordinator, 'a group', { key: 'readers', keyType: 0, coordinatorKeys: ['readers'] }),
  call(findCoordinator, 'a type that is none', { key: 'readers', keyType: 7, coordinatorKeys: ['readers'] }, [1, 6]),
  call(offsetCommit, 'without members', (known) => ({
    groupId: 'readers',
    topics: [
      {
        name: 'words',
        topicId: known.id('words'),
        partitions: [{ partitionIndex: 0, committedOffset: 2, committedMetadata: 'm' }],
      },
    ],
  })),
  call(offsetCommit, 'unknown topic and partition', (known) => ({
    groupId: 'readers',
    topics: [
      { name: 'nowhere', partitions: [{ partitionIndex: 0, committedOffset: 2 }] },
      { name: 'words', topicId: known.id('words'), partitions: [{ partitionIndex: 55, committedOffset: 2 }] },
    ],
  })),
  call(offsetCommit, 'a member that is none', (known) => ({
    groupId: 'readers',
    generationIdOrMemberEpoch: 3,
    memberId: 'nobody',
    topics: [{ name: 'words', topicId: known.id('words'), partitions: [{ partitionIndex: 0, committedOffset: 2 }] }],
  })),
  call(offsetFetch, 'some', (known) => ({
    groupId: 'readers',
    topics: [{ name: 'words', partitionIndexes: [0, 1] }],
    groups: [{ groupId: 'readers', topics: [{ name: 'words', topicId: known.id('words'), partitionIndexes: [0, 1] }] }],
  })),
  call(
    offsetFetch,
    'all',
    { groupId: 'readers', topics: null, groups: [{ groupId: 'readers', topics: null }] },
    [2, 10],
  ),
  call(offsetFetch, 'unknown group', (known) => ({
    groupId: 'nobody',
    topics: [{ name: 'words', partitionIndexes: [0] }],
    groups: [{ groupId: 'nobody', topics: [{ name: 'words', topicId: known.id('words'), partitionIndexes: [0] }] }],
  })),
  call(describeGroups, 'two groups', { groups: ['readers', 'nobody'] }),
  call(describeGroups, 'what may be done', { groups: ['readers'], includeAuthorizedOperations: true }, [3, 6]),
  call(listGroups, 'all', {}),
  call(listGroups, 'by state', { statesFilter: ['Stable'] }, [4, 5]),
  call(joinGroup, 'a member that is none', {
    groupId: 'readers',
    sessionTimeoutMs: 10_000,
    memberId: 'nobody',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(4) }],
  }),
  call(joinGroup, 'no group', {
    groupId: '',
    sessionTimeoutMs: 10_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(4) }],
  }),
  call(joinGroup, 'a short session', {
    groupId: 'readers',
    sessionTimeoutMs: 1,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(4) }],
  }),
  call(syncGroup, 'a member that is none', { groupId: 'readers', generationId: 1, memberId: 'nobody' }),
  call(heartbeat, 'a member that is none', { groupId: 'readers', generationId: 1, memberId: 'nobody' }),
  call(leaveGroup, 'a member that is none', {
    groupId: 'readers',
    memberId: 'nobody',
    members: [{ memberId: 'nobody' }],
  }),
  call(offsetDelete, 'some', {
    groupId: 'readers',
    topics: [{ name: 'words', partitions: [{ partitionIndex: 1 }, { partitionIndex: 66 }] }],
  }),
  call(offsetDelete, 'unknown group', {
    groupId: 'nobody',
    topics: [{ name: 'words', partitions: [{ partitionIndex: 1 }] }],
  }),
  call(deleteGroups, 'unknown group', { groupsNames: ['nobody'] }),
]

/** Calls in the order in which they are to be made, after `prepare`: of each API, what works and what is refused. */
export const kafkaCalls: readonly KafkaCall[] = [
  ...produceCalls,
  ...fetchCalls,
  ...offsetCalls,
  ...topicCalls,
  ...metadataCalls,
  ...configCalls,
  ...groupCalls,
  ...ownCalls,
  ...produceOddities,
  ...reassignmentCalls,
]
