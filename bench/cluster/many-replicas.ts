import { setTimeout as sleep } from 'node:timers/promises'
import { createTopic } from '../../src/client/topics.ts'
import { inSync } from '../../interop/failover/in-sync.ts'
import { LocalBrokers } from '../../interop/failover/local-brokers.ts'
import { installSpread, Spread } from '../../interop/failover/spread.ts'
import { machine } from '../machine.ts'
import { processCost } from '../process-cost.ts'
import { type Figure, figureTable, figureText } from '../scale/figure.ts'

export interface ManyReplicasOptions {
  partitions: number
  idleSeconds: number
}

const topics = ['many-1', 'many-2', 'many-3']
const madeMs = 300_000
const calmMs = 10_000
const failoverMs = 60_000
const lookMs = 20
const idlePercent = 3
const failoverSeconds = 3
/** Records a second for each partition that is watched. */
const perPartition = 3

/** Prints what many partitions of three replicas cost when idle, and how long they have no leader when a broker that leads a third of them is killed. */
export async function runManyReplicas({ partitions, idleSeconds }: ManyReplicasOptions): Promise<void> {
  const missing = await installSpread()
  if (missing !== null) throw new Error(missing)
  const brokers = await LocalBrokers.start({ brokers: 3, controllers: 0, settings: {} })
  const figures: Figure[] = []
  const tell = (figure: Figure): void => {
    figures.push(figure)
    process.stderr.write(`${figureText(figure)}\n`)
  }
  const each = Math.ceil(partitions / topics.length)
  const begun = performance.now()
  for (const name of topics) {
    await createTopic(brokers.client, { name, partitions: each, replicationFactor: 3 })
    await inSync(brokers, name, madeMs)
  }
  tell({ what: 'making them', value: (performance.now() - begun) / 1000, unit: 's', digits: 1 })
  await idle(brokers, idleSeconds, tell)
  await failover(brokers, each, tell)
  const what = `${partitions} partitions with 3 replicas on 3 brokers`
  process.stdout.write(`${machine()}\n${what}\n${figureTable(figures)}\n`)
}

async function idle(brokers: LocalBrokers, seconds: number, tell: (figure: Figure) => void): Promise<void> {
  await sleep(calmMs)
  const pids = await Promise.all(brokers.ids.map((id) => brokers.pidOf(id)))
  const before = pids.map((pid) => processCost([pid]))
  await sleep(seconds * 1000)
  for (const [at, pid] of pids.entries()) {
    const cost = processCost([pid])
    const cpu = ((cost?.cpuSeconds ?? 0) - (before[at]?.cpuSeconds ?? 0)) / seconds
    const whose = `broker ${brokers.ids[at]}, idle`
    tell({ what: `${whose}: CPU`, value: cpu * 100, unit: '% of a core', digits: 2, atMost: idlePercent })
    tell({ what: `${whose}: memory`, value: cost?.residentMiB ?? 0, unit: 'MiB' })
  }
}

/** Of a broker that does not lead the metadata log; one topic of the three is written to. */
async function failover(brokers: LocalBrokers, each: number, tell: (figure: Figure) => void): Promise<void> {
  const { bootstrap, client, ids } = brokers
  const [topic = ''] = topics
  const load = new Spread({ bootstrap, topics: [topic], partitions: each, rate: each * perPartition })
  await load.mark()
  await load.all(failoverMs)
  const metadataLeader = await brokers.metadataLeader()
  const dead = ids.find((id) => id !== metadataLeader) ?? 0
  const led = (await client.describe(topics)).topics.flatMap(({ partitions }) => partitions)
  tell({
    what: 'partitions that the killed broker led',
    value: led.filter(({ leader }) => leader === dead).length,
    unit: '',
  })
  await brokers.kill(dead)
  const killedMs = performance.now()
  await load.mark()
  const acknowledged = load.all(failoverMs)
  await ledByOthers(brokers, dead)
  const seconds = (performance.now() - killedMs) / 1000
  tell({
    what: 'kill -9: until others lead all of them',
    value: seconds,
    unit: 's',
    digits: 2,
    atMost: failoverSeconds,
  })
  const { partitions = 0, slowestMs = 0 } = (await acknowledged)[topic] ?? {}
  const what = `… until the last of ${partitions} has acknowledged a record sent since`
  tell({ what, value: slowestMs / 1000, unit: 's', digits: 2, atMost: failoverSeconds })
  await load.stop()
  const { lost = -1, acked = 0 } = (await load.verify())[topic] ?? {}
  tell({ what: `… lost of ${acked} that were acknowledged`, value: lost, unit: '', atMost: 0 })
}

async function ledByOthers({ client }: LocalBrokers, dead: number): Promise<void> {
  for (const end = performance.now() + failoverMs; ; await sleep(lookMs)) {
    const told = await client.describe(topics).catch(() => null)
    const partitions = told?.topics.flatMap((topic) => topic.partitions) ?? []
    if (partitions.length > 0 && partitions.every(({ leader }) => leader >= 0 && leader !== dead)) return
    if (performance.now() > end) throw new Error(`not all partitions are led within ${failoverMs} ms`)
  }
}
