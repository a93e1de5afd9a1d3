/** `npm run damage`: what befalls the disk of one broker of a local cluster, in each scheme and under load, and what becomes of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { createTopic } from '../../src/client/topics.ts'
import { KafkaClient } from '../../src/client/kafka-client.ts'
import { nodeClock } from '../../src/runtime/node/node-clock.ts'
import { NodeNetwork } from '../../src/runtime/node/node-network.ts'
import { nodeRandom } from '../../src/runtime/node/node-random.ts'
import { join } from 'node:path'
import { runMain } from '../child.ts'
import { plainTable } from '../table.ts'
import { DamagedCluster } from './damaged-cluster.ts'
import { type Round, rounds } from './rounds.ts'
import { bytesIn } from './segment-files.ts'
import { TopicLoad } from './topic-load.ts'

const noticedMs = 20_000
const mendedMs = 30_000

const schemes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  isr: { 'min.insync.replicas': '2' },
  majority: { 'replication.scheme': 'majority' },
  'primary-backup': { 'replication.scheme': 'primary-backup', 'replication.sync.backups': '1' },
}

await runMain(main)

async function main(): Promise<number> {
  const { round: only } = new Command('damage')
    .description(
      'Damages the disk of one broker of three under load, and checks that nothing is lost or served wrong, and all is repaired.',
    )
    .option('--round <name...>', `only these: ${rounds.map(({ name }) => name).join(', ')}`)
    .parse()
    .opts<{ round?: string[] }>()
  const cluster = await DamagedCluster.start()
  const client = clientOf(cluster.bootstrap)
  for (const [name, configs] of Object.entries(schemes)) {
    await createTopic(client, {
      name,
      partitions: 1,
      replicationFactor: 3,
      configs: { 'segment.bytes': '1048576', ...configs },
    })
  }
  const loads = Object.keys(schemes).map((topic) => new TopicLoad(client, topic))
  for (const load of loads) load.start()
  await sleep(2_000)
  const broken: string[] = []
  const table = plainTable(['round', 'broker', 'noticed after ms', 'mended after ms', 'copies'])
  for (const round of rounds.filter(({ name }) => only?.includes(name) ?? true)) {
    const row = await runRound(round, { cluster, client, loads })
    table.push([round.name, ...row.cells])
    broken.push(...row.broken.map((what) => `${round.name}: ${what}`))
    process.stderr.write(`${round.about}: ${row.broken.length === 0 ? 'repaired' : row.broken.join('; ')}\n`)
  }
  for (const load of loads) await load.pause(30_000)
  for (const load of loads) {
    load.stop()
    const { acknowledged, lost, wrong } = await load.verify()
    process.stdout.write(`${load.topic}: ${acknowledged} acknowledged, ${lost} lost, ${wrong} read wrong\n`)
    if (lost > 0 || wrong > 0) broken.push(`${load.topic}: ${lost} lost, wrong: ${load.wrong.slice(0, 3).join(', ')}`)
  }
  process.stdout.write(`${table.toString()}\n`)
  for (const what of broken) process.stdout.write(`broken: ${what}\n`)
  client.close()
  return broken.length > 0 ? 1 : 0
}

interface Parts {
  readonly cluster: DamagedCluster
  readonly client: KafkaClient
  readonly loads: readonly TopicLoad[]
}

async function runRound(round: Round, parts: Parts): Promise<{ cells: (string | number)[]; broken: string[] }> {
  const { cluster, client, loads } = parts
  const broker = await victimOf(round, client)
  const missing = (await round.missing?.(cluster, broker)) ?? null
  if (missing !== null) return { cells: [broker, `skipped: ${missing}`, '', ''], broken: [] }
  const topics = loads.map(({ topic }) => topic)
  const from = await cluster.logged(broker)
  const startMs = performance.now()
  await round.inflict(cluster, broker, topics)
  const broken: string[] = []
  const lines = (words: readonly string[]) => (round.once ? [words] : topics.map((topic) => [...words, topic]))
  if (!(await cluster.logs(broker, lines(round.detected), { from, withinMs: noticedMs }))) broken.push('not noticed')
  const noticed = Math.round(performance.now() - startMs)
  if (!(await cluster.logs(broker, lines(round.mended), { from, withinMs: mendedMs }))) broken.push('not mended')
  const mended = Math.round(performance.now() - startMs)
  for (const load of loads) await load.pause(30_000).catch((error: Error) => broken.push(error.message))
  const unlike = await unlikeCopies(cluster, topics)
  if (unlike.length > 0) broken.push(`copies differ: ${unlike.join(', ')}`)
  for (const load of loads) load.goOn()
  await sleep(500)
  return { cells: [broker, noticed, mended, unlike.length === 0 ? 'equal' : 'differ'], broken }
}

/** Who leads by `isr`; with an empty disk one that is no primary: such a one waits for an operator. */
async function victimOf(round: Round, client: KafkaClient): Promise<number> {
  const { leader } = await client.leaderOf('isr', 0)
  if (round.name !== 'empty') return leader
  const primary = await client.leaderOf('primary-backup', 0)
  return [1, 2, 3].find((broker) => broker !== primary.leader) ?? leader
}

/** Topics of which some copy is not like the others, though nothing is written any more and they had time. */
async function unlikeCopies(cluster: DamagedCluster, topics: readonly string[]): Promise<string[]> {
  for (const endMs = performance.now() + mendedMs; ; await sleep(200)) {
    const unlike: string[] = []
    for (const topic of topics) {
      const copies = await Promise.all([1, 2, 3].map((broker) => bytesIn(join(cluster.dataOf(broker), `${topic}-0`))))
      if (!copies.every((copy) => copy.length > 0 && copy.equals(copies[0] as Buffer))) unlike.push(topic)
    }
    if (unlike.length === 0 || performance.now() > endMs) return unlike
  }
}

function clientOf(bootstrap: string): KafkaClient {
  const runtime = { clock: nodeClock, network: new NodeNetwork(), random: nodeRandom }
  const addresses = bootstrap.split(',').map((address) => {
    const [host = '', port] = address.split(':')
    return { host, port: Number(port) }
  })
  return new KafkaClient({ runtime, bootstrap: addresses, clientId: 'damage', retryTimeoutMs: 60_000 })
}
