import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { consoleTopicOf } from './data.ts'
import { expect, expectEqual, rowsBelow, type ToolStep } from './tool-session.ts'

/** Kafka's command line shows an id as 22 characters of URL-safe base64. */
const idPattern = /^[\w-]{22}$/

/** Files that say where partition 0, and one that is not there, are to be: on the broker that has it. */
async function withPlans<T>(topic: string, use: (path: string, strangers: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'reassignments-'))
  try {
    const paths = [0, 99].map((partition) => join(folder, `${partition}.json`))
    for (const [at, path] of paths.entries()) {
      const partitions = [{ topic, partition: at * 99, replicas: [1], log_dirs: ['any'] }]
      await writeFile(path, JSON.stringify({ version: 1, partitions }))
    }
    return await use(paths[0] ?? '', paths[1] ?? '')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export const clusterSteps: readonly ToolStep[] = [
  {
    tool: 'kafka-cluster',
    what: 'cluster-id',
    async run(session) {
      expect(await session.ok('kafka-cluster', ['cluster-id']), /^Cluster ID: [\w-]{22}$/m)
    },
  },
  {
    tool: 'kafka-metadata-quorum',
    what: 'describe --status',
    async run(session) {
      const text = await session.ok('kafka-metadata-quorum', ['describe', '--status'])
      expect(
        text,
        /^ClusterId:\s+[\w-]{22}$/m,
        /^LeaderId:\s+1$/m,
        /^LeaderEpoch:\s+[1-9]\d*$/m,
        /^HighWatermark:\s+[1-9]\d*$/m,
        /^MaxFollowerLag:\s+0$/m,
        /^CurrentVoters:\s+\[.*\b1\b.*\]$/m,
        /^CurrentObservers:\s+\[\]$/m,
      )
    },
  },
  {
    tool: 'kafka-metadata-quorum',
    what: 'describe --replication',
    async run(session) {
      const rows = rowsBelow(await session.ok('kafka-metadata-quorum', ['describe', '--replication']), 'NodeId')
      expectEqual(rows.length, 1, 'replicas')
      const [node, directory, end, lag] = rows[0] ?? []
      expectEqual([node, lag, rows[0]?.at(-1)], ['1', '0', 'Leader'], 'node, lag and status')
      expectEqual(idPattern.test(directory ?? ''), true, `a directory id: ${directory}`)
      expectEqual(Number(end) > 0, true, `a log end offset: ${end}`)
    },
  },
  {
    tool: 'kafka-leader-election',
    what: 'preferred, of one partition and of all; of one that is not there',
    async run(session) {
      const topic = consoleTopicOf(session)
      const preferred = ['--election-type', 'preferred']
      const one = [...preferred, '--topic', topic, '--partition', '0']
      expect(await session.ok('kafka-leader-election', one), /Valid replica already elected for partitions/)
      expect(await session.ok('kafka-leader-election', [...preferred, '--all-topic-partitions']), /^\s*$/)
      const stranger = [...preferred, '--topic', `${topic}-none`, '--partition', '0']
      expect(await session.refused('kafka-leader-election', stranger), /UnknownTopicOrPartition/)
    },
  },
  {
    tool: 'kafka-reassign-partitions',
    what: 'execute to where it is, verify, list, cancel; of a partition that is not there',
    async run(session) {
      const tool = 'kafka-reassign-partitions'
      await withPlans(consoleTopicOf(session), async (path, strangers) => {
        const plan = ['--reassignment-json-file', path]
        const started = await session.ok(tool, ['--execute', ...plan])
        expect(started, /Successfully started partition reassignment/)
        expect(await session.ok(tool, ['--verify', ...plan]), /Reassignment of partition .*-0 is completed/)
        expect(await session.ok(tool, ['--list']), /No partition reassignments found/)
        expect(await session.ok(tool, ['--cancel', ...plan]), /None of the specified partition/)
        const refused = await session.refused(tool, ['--execute', '--reassignment-json-file', strangers])
        expect(refused, /not found|UnknownTopicOrPartition/)
      })
    },
  },
  {
    tool: 'kafka-log-dirs',
    what: 'describe',
    async run(session) {
      const topic = consoleTopicOf(session)
      const text = await session.ok('kafka-log-dirs', ['--describe', '--topic-list', topic])
      const json = text.split('\n').find((line) => line.startsWith('{'))
      const broker = JSON.parse(json ?? '{}').brokers?.[0]
      expectEqual([broker?.broker, broker?.logDirs?.length, broker?.logDirs?.[0]?.error], [1, 1, null], 'one folder')
      const [partition] = broker.logDirs[0].partitions
      expectEqual(
        [partition?.partition, partition?.offsetLag, partition?.isFuture],
        [`${topic}-0`, 0, false],
        'partition',
      )
      expectEqual(partition.size > 0, true, `bytes of the partition: ${partition.size}`)
    },
  },
  {
    tool: 'kafka-broker-api-versions',
    what: 'the APIs that clients need',
    async run(session) {
      const text = await session.ok('kafka-broker-api-versions', [])
      expect(
        text,
        /\(id: 1 rack: null isFenced: false\)/,
        /\bProduce\(0\): 0 to 13 \[usable: 13\]/,
        /\bFetch\(1\): 4 to 18 \[usable: 18\]/,
        /\bListOffsets\(2\): 1 to 11 \[usable: 11\]/,
        /\bMetadata\(3\): 0 to 13 \[usable: 13\]/,
        /\bJoinGroup\(11\): 0 to 9 \[usable: 9\]/,
        /\bApiVersions\(18\): 0 to 4 \[usable: 4\]/,
        /\bCreateTopics\(19\): 2 to 7 \[usable: 7\]/,
        /\bInitProducerId\(22\): 0 to \d \[usable: \d\]/,
      )
    },
  },
]
