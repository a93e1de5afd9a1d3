import { writeFile } from 'node:fs/promises'
import { installKafka } from '../interop/targets/kafka.ts'
import { startTarget } from '../interop/targets/start.ts'
import { type Target, type TargetName, targetNames } from '../interop/targets/target.ts'
import { coldStart } from './cold-start.ts'
import { dropTopic, type Load, loadedTarget, loadsOf, makeTopic, type Measured, measure } from './load.ts'
import { machine } from './machine.ts'
import { type ColdStartRuns, type LoadRuns, type Report, tablesOf } from './report.ts'

export interface SideBySideOptions {
  rounds: number
  scale: number
  only?: TargetName
  coldStart: boolean
  loads: boolean
  json?: string
}

/** Kafka's own load tools against Trilog and real Kafka, both warm, in turns within one run. */
export async function runSideBySide(options: SideBySideOptions): Promise<void> {
  const missing = await installKafka()
  if (missing !== null) throw new Error(`the load tools are Apache Kafka's: ${missing}`)
  const names = targetNames.filter((name) => options.only === undefined || name === options.only)
  const report: Report = {
    machine: machine(),
    rounds: options.rounds,
    loads: options.loads ? await runLoads(names, options) : [],
    coldStarts: options.coldStart ? await runColdStarts(names, options.rounds) : [],
  }
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`)
  process.stdout.write(`${tablesOf(report)}\n`)
}

async function runLoads(names: readonly TargetName[], options: SideBySideOptions): Promise<LoadRuns[]> {
  const loads = loadsOf(options.scale)
  const targets: Target[] = []
  for (const name of names) targets.push(await startTarget(name))
  const results = loads.flatMap(({ name }) => targets.map((target) => ({ load: name, system: target.name, runs: [] })))
  const runsOf = (load: Load, target: Target): Measured[] | undefined =>
    (results as LoadRuns[]).find((runs) => runs.load === load.name && runs.system === target.name)?.runs
  // Round 0 warms both sides up: a cold broker, above all a cold JVM, costs several times more.
  for (let round = 0; round <= options.rounds; round++) {
    const topics = new Map(targets.map((target) => [target, '']))
    for (const [at, load] of loads.entries()) {
      // Who comes first changes, so that neither always meets the other's page cache and dirty pages.
      for (const target of (round + at) % 2 === 0 ? targets : targets.toReversed()) {
        const topic = await topicFor(load, target, topics, `bench-${round}-${at}`)
        const measured = await measure(load, loadedTarget(target), topic)
        say(round, load, target, measured)
        if (round > 0) runsOf(load, target)?.push(measured)
      }
    }
    for (const [target, topic] of topics) await dropTopic(loadedTarget(target), topic)
  }
  for (const target of targets) await target.stop()
  return results
}

/** A load that writes gets a new topic, and the one before it is dropped; a load that reads gets the one just written. */
async function topicFor(load: Load, target: Target, topics: Map<Target, string>, name: string): Promise<string> {
  const before = topics.get(target) ?? ''
  if (load.kind === 'consume') return before
  if (before !== '') await dropTopic(loadedTarget(target), before)
  await makeTopic(loadedTarget(target), name, { partitions: 1, replicationFactor: 1, configs: {} })
  topics.set(target, name)
  return name
}

/** Every start finds a folder that was made and started once before, its page cache warm. */
async function runColdStarts(names: readonly TargetName[], rounds: number): Promise<ColdStartRuns[]> {
  const results: ColdStartRuns[] = names.map((system) => ({ system, runs: [] }))
  const targets: Target[] = []
  for (const name of names) {
    const target = await startTarget(name)
    await target.control?.halt()
    targets.push(target)
  }
  for (let round = 1; round <= rounds; round++) {
    for (const [at, target] of targets.entries()) {
      const start = await coldStart(target)
      process.stderr.write(`cold start ${round}, ${target.name}: first ack after ${start.firstAckMs} ms\n`)
      results[at]?.runs.push(start)
    }
  }
  for (const target of targets) await target.stop()
  return results
}

function say(round: number, load: Load, target: Target, measured: Measured): void {
  const cpu = measured.cpuSecondsPerMillion?.toFixed(2) ?? '-'
  const rate = `${Math.round(measured.recordsPerSecond)} records/s, ${cpu} CPU-s per million`
  const when = round === 0 ? 'warm-up' : `round ${round}`
  process.stderr.write(`${when}, ${target.name}, ${load.name}: ${rate}${measured.cutOff ? ', cut off' : ''}\n`)
}
