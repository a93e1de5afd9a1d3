import { setTimeout as sleep } from 'node:timers/promises'
import { createTopic } from '../../src/client/topics.ts'
import { Checks } from './checks.ts'
import { GroupReader } from './group-reader.ts'
import { inSync } from './in-sync.ts'
import { Load } from './load.ts'
import { type LoadClient, loadClients } from './load-clients.ts'
import { LocalBrokers } from './local-brokers.ts'
import { refusedTopic, refusedWrite } from './refusal.ts'
import { installSpread, Spread } from './spread.ts'
import { checkAcknowledged, checkReadBack } from './spread-checks.ts'

const partitions = 6
const rate = 60
const majority = 'down-majority'
const isr = 'down-isr'
/** Of a client that comes when nobody decides any more. */
const fresh = 'down-fresh'
const topics = [
  { name: majority, configs: { 'replication.scheme': 'majority' } },
  { name: isr, configs: { 'min.insync.replicas': '2' } },
  { name: fresh, configs: { 'replication.scheme': 'majority' } },
]
const beginMs = 60_000
const failoverMs = 30_000
const healMs = 90_000
const goOnMs = 5_000
const settings = { 'offsets.topic.replication.scheme': 'majority' }

interface Run {
  readonly brokers: LocalBrokers
  readonly checks: Checks
  /** One client for each topic: answers of a connection come in order, so that one topic's would wait for the other's. */
  readonly loads: readonly Spread[]
  readonly reader: GroupReader
}

/** Three brokers, and three controllers that are all killed under a stock client's load, then a broker as well; 1: a promise is broken. */
export async function runQuorumDown(): Promise<number> {
  const kafkajs = loadClients.find(({ name }) => name === 'kafkajs') as LoadClient
  const missing = (await installSpread()) ?? (await GroupReader.install()) ?? (await kafkajs.install())
  if (missing !== null) throw new Error(missing)
  const brokers = await LocalBrokers.start({ brokers: 3, controllers: 3, settings })
  for (const { name, configs } of topics) {
    await createTopic(brokers.client, { name, partitions, replicationFactor: 3, configs })
    await inSync(brokers, name, beginMs)
  }
  const checks = new Checks()
  const { bootstrap } = brokers
  const loads = [majority, isr].map((topic) => new Spread({ bootstrap, topics: [topic], partitions, rate }))
  const reader = new GroupReader({ bootstrap, topic: majority, group: 'readers' })
  const run = { brokers, checks, loads, reader }
  await mark(loads)
  await acknowledges(run, 'with all alive', beginMs)
  checks.check(await reader.readsAll(partitions, beginMs), 'with all alive: a group reads and commits all partitions')
  await brokers.kill(...brokers.controllers)
  await withoutQuorum(run)
  await comesNew(run, kafkajs)
  const { dead, last } = await withoutBroker(run)
  await heal(run, dead)
  for (const load of loads) {
    await load.stop()
    checkReadBack(checks, await load.verify())
  }
  await goesOn(run, last)
  return checks.exitCode
}

async function mark(loads: readonly Spread[]): Promise<void> {
  await Promise.all(loads.map((load) => load.mark()))
}

/** Until all partitions of the loads' topics have acknowledged something that was sent since the mark. */
async function acknowledges(
  { checks, loads }: Pick<Run, 'checks' | 'loads'>,
  when: string,
  withinMs: number,
): Promise<void> {
  const since = await Promise.all(loads.map((load) => load.all(withinMs)))
  for (const each of since) checkAcknowledged(checks, when, { since: each, partitions })
}

/** What is there goes on; what needs a decision is refused. */
async function withoutQuorum(run: Run): Promise<void> {
  const { brokers, checks, loads, reader } = run
  await sleep(goOnMs)
  await mark(loads)
  reader.forget()
  await acknowledges(run, 'controllers killed', failoverMs)
  checks.check(await reader.readsAll(partitions, failoverMs), 'controllers killed: the group reads and commits on')
  const refusals = await Promise.all(brokers.ids.map((id) => refusedTopic(brokers.client, id, `down-refused-${id}`)))
  const isRetriable = refusals.every((refusal) => refusal?.isRetriable === true)
  const told = refusals.map((refusal) => refusal?.name ?? 'made').join(', ')
  checks.check(isRetriable, 'controllers killed: new topics are refused with errors that clients try again on', told)
}

/** A producer that knows nobody yet, and a group that nobody knows yet. */
async function comesNew({ brokers, checks }: Run, client: LoadClient): Promise<void> {
  const { bootstrap } = brokers
  const load = new Load(client, { bootstrap, topic: fresh, partition: '0', acks: 'all', rate: '200', size: '100' })
  const reader = new GroupReader({ bootstrap, topic: majority, group: 'newcomers' })
  try {
    const isSteady = (await load.hears('steady', failoverMs)) !== null
    checks.check(isSteady, 'controllers killed: a new idempotent producer (kafkajs) is served')
    load.say('stop')
    await load.hears('stopped', failoverMs)
    const { acked, lost, duplicates, reordered } = await load.seen()
    const isKept = acked > 0 && lost + duplicates + reordered === 0
    const seen = `${acked} acknowledged, ${lost} lost, ${duplicates} twice, ${reordered} out of order`
    checks.check(isKept, 'controllers killed: what it wrote is read back', seen)
    checks.check(await reader.readsAll(partitions, failoverMs), 'controllers killed: a new group reads and commits')
  } finally {
    await load.end()
    await reader.end()
  }
}

/** Kills the broker that coordinates the group, which others lead on for. */
async function withoutBroker({
  brokers,
  checks,
  loads,
  reader,
}: Run): Promise<{ dead: number; last: ReadonlyMap<number, number> }> {
  const dead = await brokers.client.coordinatorOf('readers')
  await brokers.kill(dead)
  await mark(loads)
  reader.forget()
  const who = `and broker ${dead}, the group's coordinator`
  await acknowledges({ checks, loads: loads.slice(0, 1) }, who, failoverMs)
  checks.check(await reader.readsAll(partitions, failoverMs), `${who}: the group reads and commits on`)
  const alive = brokers.ids.filter((id) => id !== dead)
  const places = Array.from({ length: partitions }, (_, partition) => partition)
  const refusals = await Promise.all(
    places.map((partition) =>
      refusedWrite(brokers.client, { broker: alive[partition % alive.length] ?? 0, topic: isr, partition }),
    ),
  )
  const isRetriable = refusals.every((refusal) => refusal === null || refusal.isRetriable)
  const told = refusals.map((refusal) => refusal?.name ?? 'taken').join(', ')
  checks.check(isRetriable, `${who}: ${isr} takes writes or refuses them with errors that clients try again on`, told)
  const last = await reader.leave()
  const next = new GroupReader({ bootstrap: brokers.bootstrap, topic: majority, group: 'readers' })
  const isRead = await next.readsAll(partitions, failoverMs)
  checks.check(
    isRead && next.continues(last),
    `${who}: another member goes on where the first has committed`,
    next.told,
  )
  return { dead, last: await next.leave() }
}

async function heal(run: Run, dead: number): Promise<void> {
  const { brokers, checks, loads } = run
  await mark(loads)
  await Promise.all(brokers.controllers.map((controller) => brokers.startAgain(controller)))
  await acknowledges(run, `controllers back, broker ${dead} dead`, healMs)
  const made = await refusedTopic(brokers.client, brokers.ids.find((id) => id !== dead) ?? 0, 'down-made')
  checks.check(made === null, 'controllers back: a new topic is made', made?.name ?? '')
  await brokers.startAgain(dead)
  for (const { name } of topics) await inSync(brokers, name, healMs)
  await mark(loads)
  await acknowledges(run, 'all back', healMs)
}

/** The group's commits have outlived all of it. */
async function goesOn({ brokers, checks }: Run, last: ReadonlyMap<number, number>): Promise<void> {
  const reader = new GroupReader({ bootstrap: brokers.bootstrap, topic: majority, group: 'readers' })
  const isRead = await reader.readsAll(partitions, failoverMs)
  checks.check(isRead && reader.continues(last), 'all back: a member goes on where the last has committed', reader.told)
  await reader.end()
}
