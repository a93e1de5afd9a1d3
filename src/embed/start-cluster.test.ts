import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Consumer } from '../client/consumer.ts'
import { KafkaClient } from '../client/kafka-client.ts'
import { Producer } from '../client/producer.ts'
import { nodeClock } from '../runtime/node/node-clock.ts'
import { NodeNetwork } from '../runtime/node/node-network.ts'
import { nodeRandom } from '../runtime/node/node-random.ts'
import type { Cluster } from './cluster.ts'
import { type ClusterOptions, InvalidClusterOptions } from './cluster-options.ts'
import { startCluster } from './start-cluster.ts'

const entryPoint = new URL('trilog.js', import.meta.url).href

function clientOf(cluster: Cluster): KafkaClient {
  const runtime = { clock: nodeClock, network: new NodeNetwork(), random: nodeRandom }
  return new KafkaClient({ runtime, bootstrap: cluster.brokers.map(({ kafka }) => kafka) })
}

async function withClient<T>(cluster: Cluster, use: (client: KafkaClient) => Promise<T>): Promise<T> {
  const client = clientOf(cluster)
  try {
    return await use(client)
  } finally {
    client.close()
  }
}

function write(cluster: Cluster, topic: string, ...values: string[]): Promise<void> {
  return withClient(cluster, async (client) => {
    const producer = new Producer(client)
    await Promise.all(values.map((value) => producer.send({ topic, value: Buffer.from(value) })))
    await producer.close()
  })
}

/** Values of the first partition, from the beginning. */
function read(cluster: Cluster, topic: string, count: number): Promise<string[]> {
  return withClient(cluster, async (client) => {
    const consumer = new Consumer(client)
    await consumer.assign([{ topic, partition: 0, from: 'earliest' }])
    const values: string[] = []
    for await (const { value } of consumer) {
      values.push(Buffer.from(value ?? []).toString())
      if (values.length === count) break
    }
    await consumer.close()
    return values
  })
}

function partitionsOf(cluster: Cluster, topic: string): Promise<number> {
  return withClient(cluster, async (client) => (await client.topic(topic)).partitions.length)
}

/** Runs a program of its own that has `startCluster` and ends by itself, or is killed. */
function runProgram(lines: string) {
  const program = `import { startCluster } from '${entryPoint}'\n${lines}`
  return spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', timeout: 60_000 })
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(true))
    socket.on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'trilog-embed-test-'))
  try {
    await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The system's temporary folder, for as long as `use` runs. */
async function withTemporaryFolders(folder: string, use: () => Promise<void>): Promise<void> {
  const { TMPDIR } = process.env
  process.env['TMPDIR'] = folder
  try {
    await use()
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = TMPDIR
  }
}

test('clusters of one process have ports, topics and records of their own', async () => {
  await using one = await startCluster()
  await using other = await startCluster()
  await one.createTopic('words', { partitions: 2 })
  await other.createTopic('words')
  await write(one, 'words', 'here', 'too')
  await write(other, 'words', 'there')
  assert.deepEqual(await read(other, 'words', 1), ['there'])
  assert.deepEqual([await partitionsOf(one, 'words'), await partitionsOf(other, 'words')], [2, 1])
  assert.notDeepEqual(one.bootstrapServers, other.bootstrapServers)
})

test('leaving the block stops the broker, frees its port and removes its data, while a client waits for records', () =>
  inFolder((folder) =>
    withTemporaryFolders(folder, async () => {
      let port = 0
      let client: KafkaClient | null = null
      {
        await using cluster = await startCluster()
        assert.equal(readdirSync(folder).length, 1)
        await cluster.createTopic('words')
        port = cluster.brokers[0]?.kafka.port ?? 0
        assert.equal(await answers(port), true)
        client = clientOf(cluster)
        const consumer = new Consumer(client, { maxWaitMs: 60_000 })
        await consumer.assign([{ topic: 'words', partition: 0, from: 'earliest' }])
        void consumer.poll({ timeoutMs: 60_000 }).catch(() => {})
        await client.describe(['words'])
      }
      assert.deepEqual([await answers(port), readdirSync(folder)], [false, []])
      client.close()
    }),
  ))

test('a given folder keeps the data, and the next cluster goes on with it', () =>
  inFolder(async (dataFolder) => {
    {
      await using first = await startCluster({ dataFolder })
      await first.createTopic('words')
      await write(first, 'words', 'kept')
      await assert.rejects(startCluster({ dataFolder }), /lock|in use|another/i)
    }
    await using second = await startCluster({ dataFolder })
    await write(second, 'words', 'on')
    assert.deepEqual(await read(second, 'words', 2), ['kept', 'on'])
  }))

test('a broker that is stopped comes back on its port with its records', async () => {
  await using cluster = await startCluster()
  const broker = cluster.brokers[0] as Cluster['brokers'][number]
  await cluster.createTopic('words')
  await write(cluster, 'words', 'before')
  const { port } = broker.kafka
  await broker.stop()
  assert.deepEqual([broker.running, cluster.bootstrapServers, await answers(port)], [false, [], false])
  await assert.rejects(cluster.createTopic('more'), /no broker of the cluster runs/)
  await Promise.all([broker.start(), broker.start()])
  assert.deepEqual([broker.running, broker.kafka.port], [true, port])
  await write(cluster, 'words', 'after')
  assert.deepEqual(await read(cluster, 'words', 2), ['before', 'after'])
})

for (const brokers of [2, 3]) {
  test(`of ${brokers} brokers one may be away: writes go on, and it catches up when it is back`, async () => {
    await using cluster = await startCluster({ brokers })
    await cluster.createTopic('words', { replicationFactor: brokers })
    await write(cluster, 'words', 'before')
    const leader = await withClient(cluster, async (client) => (await client.leaderOf('words', 0)).leader)
    const broker = cluster.brokers[leader - 1] as Cluster['brokers'][number]
    await broker.stop()
    assert.equal(cluster.bootstrapServers.length, brokers - 1)
    await write(cluster, 'words', 'meanwhile')
    await broker.start()
    await withClient(cluster, async (client) => {
      for (;;) {
        const topic = (await client.describe(['words'])).topics[0]
        if (topic?.partitions[0]?.inSync.length === brokers) return
      }
    })
    assert.deepEqual(await read(cluster, 'words', 2), ['before', 'meanwhile'])
  })
}

test('several brokers go on with the data of a folder, which keeps their number', () =>
  inFolder(async (dataFolder) => {
    {
      await using first = await startCluster({ brokers: 3, dataFolder })
      await first.createTopic('words')
      await write(first, 'words', 'kept')
    }
    await assert.rejects(startCluster({ dataFolder }), /was made with 3 brokers, not 1/)
    await using second = await startCluster({ brokers: 3, dataFolder })
    assert.deepEqual(await read(second, 'words', 1), ['kept'])
  }))

test('topics are made with their settings and deleted, and refusals tell the reason', async () => {
  await using cluster = await startCluster({ settings: { 'num.partitions': 3, 'auto.create.topics.enable': false } })
  await cluster.createTopic('words', { settings: { 'flush.messages': 1 } })
  assert.equal(await partitionsOf(cluster, 'words'), 3)
  await assert.rejects(cluster.createTopic('words'), /TOPIC_ALREADY_EXISTS/)
  await assert.rejects(cluster.createTopic('more', { settings: { 'flush.massages': 1 } }), /flush\.messages/)
  await cluster.deleteTopic('words')
  await assert.rejects(cluster.deleteTopic('words'), /there is no topic words/)
})

test('http: true opens a port for health and metrics', async () => {
  await using cluster = await startCluster({ http: true })
  const http = cluster.brokers[0]?.http
  const health = await fetch(`http://${http?.host}:${http?.port}/health`)
  assert.equal(health.status, 200)
  await using quiet = await startCluster()
  assert.equal(quiet.brokers[0]?.http, null)
})

test('options that cannot be are refused all at once, each with what is right', async () => {
  const wrong = { brokers: 21, logLevel: 'loud', dataFolder: '', datafolder: 'x', http: 1 } as unknown as ClusterOptions
  const settings = { 'num.partition': 3, listeners: 'PLAINTEXT://:1' }
  const error = await startCluster({ ...wrong, settings }).catch((thrown: unknown) => thrown)
  assert.ok(error instanceof InvalidClusterOptions)
  assert.deepEqual(error.message.split('\n'), [
    'unknown option datafolder; did you mean dataFolder?',
    'brokers: 21 is not a number from 1 to 20',
    'dataFolder: "" is not the path of a folder',
    'http: 1 is neither true nor false',
    'logLevel: "loud" is none of debug, info, warn, error, silent',
    "settings: listeners is the cluster's own to choose",
    'settings: unknown setting num.partition; did you mean num.partitions?',
  ])
})

test('a program ends by itself when its cluster has stopped, and nothing is left of one that it forgot', () =>
  inFolder((folder) =>
    withTemporaryFolders(folder, async () => {
      const stopped = runProgram(
        `const c = await startCluster(); await c.stop(); await c.stop(); console.log('stopped')`,
      )
      assert.deepEqual([stopped.status, stopped.stdout, stopped.stderr], [0, 'stopped\n', ''])
      const forgotten = runProgram(`await startCluster(); await startCluster(); process.exit(7)`)
      assert.deepEqual([forgotten.status, readdirSync(folder)], [7, []])
    }),
  ))

test('a broker that finds itself broken ends the program with the reason', () => {
  for (const [breaks, reason] of [
    [`async () => ({ failed: Promise.resolve(new Error('lost its way')) , kafka: {} })`, 'cannot go on: lost its way'],
    [`async ({ exit }) => { exit(70); return { failed: new Promise(() => {}), kafka: {} } }`, 'ends with code 70'],
  ] as const) {
    const run = runProgram(`
      import { EmbeddedBroker } from '${new URL('embedded-broker.js', import.meta.url).href}'
      import { tmpdir } from 'node:os'
      const broker = new EmbeddedBroker({ place: { id: 1, folder: tmpdir(), settings: {} }, settings: {}, logLevel: 'warn', startBroker: ${breaks} })
      await broker.start()
      setTimeout(() => console.log('goes on'), 10_000)`)
    assert.deepEqual([run.status, run.stdout], [1, ''])
    assert.match(run.stderr, new RegExp(`broker 1 ${reason}`))
  }
})
