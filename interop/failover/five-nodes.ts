import { setTimeout as sleep } from 'node:timers/promises'
import { createTopic } from '../../src/client/topics.ts'
import { Checks } from './checks.ts'
import { inSync } from './in-sync.ts'
import { LocalBrokers } from './local-brokers.ts'
import { refusedWrite } from './refusal.ts'
import { installSpread, Spread } from './spread.ts'
import { checkAcknowledged, checkReadBack } from './spread-checks.ts'

const partitions = 50
const rate = 2_000
const topics = {
  'five-majority': { 'replication.scheme': 'majority' },
  'five-isr': { 'min.insync.replicas': '3' },
}
const names = Object.keys(topics)
const beginMs = 60_000
const failoverMs = 30_000
const healMs = 90_000
const goOnMs = 5_000
/** What was on its way is answered, or never. */
const settleMs = 2_000

/** Five brokers of which two, then three are killed under a stock client's load; 1: a promise is broken. */
export async function runFiveNodes(): Promise<number> {
  const missing = await installSpread()
  if (missing !== null) throw new Error(missing)
  const brokers = await LocalBrokers.start({ brokers: 5, controllers: 0, settings: {} })
  for (const [name, configs] of Object.entries(topics)) {
    await createTopic(brokers.client, { name, partitions, replicationFactor: 5, configs })
    await inSync(brokers, name, beginMs)
  }
  const checks = new Checks()
  const load = new Spread({ bootstrap: brokers.bootstrap, topics: names, partitions, rate })
  await load.mark()
  checkAcknowledged(checks, 'with five alive', { since: await load.all(beginMs), partitions })
  const dead = await killTwo(checks, { brokers, load })
  await killThird(checks, { brokers, load, dead })
  await load.mark()
  await brokers.startAll()
  checkAcknowledged(checks, 'with five alive again', { since: await load.all(healMs), partitions })
  for (const name of names) await inSync(brokers, name, healMs)
  await load.stop()
  checkReadBack(checks, await load.verify())
  return checks.exitCode
}

interface Run {
  readonly brokers: LocalBrokers
  readonly load: Spread
}

/** The one that leads the metadata log, and the next. */
async function killTwo(checks: Checks, { brokers, load }: Run): Promise<readonly number[]> {
  const first = await brokers.metadataLeader()
  const dead = [first, (first % brokers.ids.length) + 1]
  await brokers.kill(...dead)
  await load.mark()
  checkAcknowledged(checks, `brokers ${dead.join(' and ')} killed`, {
    since: await load.all(failoverMs),
    partitions,
  })
  await load.mark()
  await sleep(goOnMs)
  checkAcknowledged(checks, 'and later', { since: await load.since(), partitions })
  return dead
}

async function killThird(checks: Checks, { brokers, load, dead }: Run & { dead: readonly number[] }): Promise<void> {
  const [third = 0, ...alive] = brokers.ids.filter((id) => !dead.includes(id))
  await brokers.kill(third)
  await sleep(settleMs)
  await load.mark()
  await sleep(goOnMs)
  const since = await load.since()
  for (const name of names) {
    checks.check(since[name]?.acked === 0, `broker ${third} killed, too: ${name} acknowledges nothing`)
    const refusals = await Promise.all(
      alive.map((broker) => refusedWrite(brokers.client, { broker, topic: name, partition: 0 })),
    )
    const told = refusals.map((refusal) => refusal?.name ?? 'taken').join(', ')
    const isRetriable = refusals.every((refusal) => refusal?.isRetriable === true)
    checks.check(isRetriable, `${name} refuses writes with errors that clients try again on`, told)
  }
}
