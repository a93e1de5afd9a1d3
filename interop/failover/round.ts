import { setTimeout as sleep } from 'node:timers/promises'
import { createTopic, deleteTopic } from '../../src/client/topics.ts'
import { inSync } from './in-sync.ts'
import { receipted } from './receipted.ts'
import { Load, type Seen } from './load.ts'
import type { LoadClient } from './load-clients.ts'
import type { LocalBrokers } from './local-brokers.ts'
import type { FaultName, Promised } from './promises.ts'

export interface Round extends Seen {
  readonly promised: Promised
  readonly fault: FaultName
  /** From the fault to the first acknowledgement of a record that was sent after it, in ms; null: none came. */
  readonly firstAck: number | null
  /** Of the lost records those that a receipt tells of. */
  readonly inReceipts: number
  /** Records that receipts of cuts tell of, lost or sent again since. */
  readonly cut: number
}

const steadyMs = 30_000
const healedMs = 60_000
const pauseMs = 15_000
/** How long a broker with fixed roles stays away. */
const awayMs = 3_000
/** How long a leader goes on without the others before it is killed. */
const aheadMs = 500
const mostTopics = 20

/** One fault under a steady load: a topic of its own, the fault, and everything read back once all is healed. */
export async function runRound(
  brokers: LocalBrokers,
  { client, promised, fault, rate }: { client: LoadClient; promised: Promised; fault: FaultName; rate: number },
): Promise<Round> {
  const placed = await placedTopic(brokers, promised, fault)
  const load = new Load(client, {
    bootstrap: brokers.bootstrap,
    topic: placed.topic,
    partition: String(placed.partition),
    acks: promised.acks,
    rate: String(rate),
    size: '100',
    ...(fault === 'pause' ? { set: client.shortRequests } : {}),
  })
  try {
    if ((await load.hears('steady', steadyMs)) === null) throw new Error('the load does not become steady')
    const firstAck = await breakAndAwait(brokers, { load, promised, fault, leader: placed.leader })
    await sleep(1_000)
    load.say('stop')
    if ((await load.hears('stopped', healedMs + 10_000)) === null) throw new Error('the load does not stop')
    await inSync(brokers, placed.topic, healedMs)
    const seen = await load.seen()
    const told = receipted(await brokers.receiptsOf(placed.topic), { ...placed, lostAt: seen.lostAt })
    await deleteTopic(brokers.client, placed.topic)
    return { promised, fault, firstAck, ...seen, ...told }
  } finally {
    await load.end()
  }
}

async function breakAndAwait(
  brokers: LocalBrokers,
  { load, promised, fault, leader }: { load: Load; promised: Promised; fault: FaultName; leader: number },
): Promise<number | null> {
  const pid = await brokers.pidOf(leader)
  const others = fault === 'kill-ahead' ? await brokers.pidsBeside(leader) : []
  for (const other of others) process.kill(other, 'SIGSTOP')
  let brokenAt = 0
  try {
    if (others.length > 0) await sleep(aheadMs)
    process.kill(pid, fault === 'pause' ? 'SIGSTOP' : 'SIGKILL')
    brokenAt = performance.now()
    // Told afterwards: what was sent before is acknowledged by the leader that is no more.
    load.say('fault')
  } finally {
    for (const other of others) process.kill(other, 'SIGCONT')
  }
  const acked = load.hearsAt('acked', healedMs)
  try {
    if (fault === 'pause') await sleep(pauseMs)
    else if (promised.failsOver) await acked
    else await sleep(awayMs)
  } finally {
    if (fault === 'pause') process.kill(pid, 'SIGCONT')
    else await brokers.startAgain(leader)
  }
  const heard = await acked
  return heard === null ? null : Math.round(heard - brokenAt)
}

/** A topic with a partition whose leader leads the metadata log, too, or does not. */
async function placedTopic(
  brokers: LocalBrokers,
  promised: Promised,
  fault: FaultName,
): Promise<{ topic: string; partition: number; leader: number }> {
  const { client } = brokers
  for (let made = 0; made < mostTopics; made++) {
    const name = `failover-${Date.now()}-${made}`
    const { configs } = promised
    // A broker group has as many as it has.
    const size = 'replication.groups' in configs ? {} : { replicationFactor: 3 }
    await createTopic(client, { name, partitions: 3, ...size, configs })
    await inSync(brokers, name, healedMs)
    const metadataLeader = await brokers.metadataLeader()
    const { topics } = await client.describe([name])
    const partition = topics[0]?.partitions.find(
      ({ leader }) => (leader === metadataLeader) === (fault === 'kill-both'),
    )
    if (partition !== undefined) return { topic: name, partition: partition.partition, leader: partition.leader }
    await deleteTopic(client, name)
  }
  throw new Error(`no partition was led where it should be in ${mostTopics} topics`)
}
