import { writeFile } from 'node:fs/promises'
import { createTopic } from '../../src/client/topics.ts'
import { inSync } from '../../interop/failover/in-sync.ts'
import { LocalBrokers } from '../../interop/failover/local-brokers.ts'
import { installKafka, startKafkaCluster } from '../../interop/targets/kafka.ts'
import { dropTopic, type Load, type Loaded, loadedTarget, loadsOf, makeTopic, measure } from '../load.ts'
import { machine } from '../machine.ts'
import { type LoadRuns, type Report, tablesOf } from '../report.ts'

export interface ClusterOptions {
  rounds: number
  scale: number
  json?: string
}

const nodes = 3
const partitions = 6
const madeMs = 30_000

/** One way to replicate on one system. */
interface Side {
  readonly name: string
  readonly system: Loaded
  make(topic: string): Promise<unknown>
}

/** Kafka's own load tools against three nodes of Trilog, by two schemes, and three of real Kafka, in turns within one run. */
export async function runCluster(options: ClusterOptions): Promise<void> {
  const missing = await installKafka()
  if (missing !== null) throw new Error(`the load tools are Apache Kafka's: ${missing}`)
  const brokers = await LocalBrokers.start({ brokers: nodes, controllers: 0, settings: {} })
  const kafka = await startKafkaCluster(nodes)
  const pids = (): Promise<number[]> => Promise.all(brokers.ids.map((id) => brokers.pidOf(id)))
  const trilog = { name: 'trilog', bootstrap: brokers.bootstrap, pids }
  const onTrilog =
    (configs: Readonly<Record<string, string>>) =>
    async (name: string): Promise<void> => {
      // Kafka's own tool refuses settings that it does not know before it asks anybody.
      await createTopic(brokers.client, { name, partitions, replicationFactor: nodes, configs })
      await inSync(brokers, name, madeMs)
    }
  const configs = { 'min.insync.replicas': '2' }
  const onKafka = (topic: string): Promise<string> =>
    makeTopic(loadedTarget(kafka), topic, { partitions, replicationFactor: nodes, configs })
  // The table's ratio is that of the first two.
  const sides: Side[] = [
    { name: 'trilog, isr', system: trilog, make: onTrilog(configs) },
    { name: 'kafka', system: loadedTarget(kafka), make: onKafka },
    { name: 'trilog, majority', system: trilog, make: onTrilog({ 'replication.scheme': 'majority' }) },
  ]
  const report: Report = {
    machine: `${machine()}; ${nodes} nodes, replication factor 3, ${partitions} partitions, acks=all; CPU and memory of all nodes`,
    rounds: options.rounds,
    loads: await runLoads(sides, options),
    coldStarts: [],
  }
  await kafka.stop()
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`)
  process.stdout.write(`${tablesOf(report)}\n`)
}

async function runLoads(sides: readonly Side[], { rounds, scale }: ClusterOptions): Promise<LoadRuns[]> {
  const loads = loadsOf(scale).filter(({ kind }) => kind === 'produce')
  const results: LoadRuns[] = loads.flatMap(({ name: load }) =>
    sides.map(({ name }) => ({ load, system: name, runs: [] })),
  )
  // Round 0 warms all sides up.
  for (let round = 0; round <= rounds; round++) {
    for (const [at, load] of loads.entries()) {
      for (const side of (round + at) % 2 === 0 ? sides : sides.toReversed()) {
        const measured = await measureOn(side, load, `cluster-${round}-${at}-${sides.indexOf(side)}`)
        const rate = Math.round(measured.recordsPerSecond)
        const cpu = measured.cpuSecondsPerMillion?.toFixed(2) ?? '-'
        const when = round === 0 ? 'warm-up' : `round ${round}`
        process.stderr.write(`${when}, ${side.name}, ${load.name}: ${rate} records/s, ${cpu} CPU-s per million\n`)
        if (round > 0) results.find((runs) => runs.load === load.name && runs.system === side.name)?.runs.push(measured)
      }
    }
  }
  return results
}

async function measureOn({ system, make }: Side, load: Load, topic: string) {
  await make(topic)
  const measured = await measure(load, system, topic)
  await dropTopic(system, topic)
  return measured
}
