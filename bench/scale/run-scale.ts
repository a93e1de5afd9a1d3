import { writeFile } from 'node:fs/promises'
import { machine } from '../machine.ts'
import { type Figure, figureTable, figureText, isBeyond } from './figure.ts'
import { needHandles, openConnection, openIdle } from './idle-connections.ts'
import { makePartitions, type ManyPartitions, writeToAll } from './many-partitions.ts'
import { measureConsumer } from './one-consumer.ts'
import { type Idle, type MeasuredStart, ScaleBroker } from './scale-broker.ts'

export interface ScaleOptions {
  partitions: number
  connections: number
  idleSeconds: number
  json?: string
}

/** Batches in each partition: with more than one it shows whether a consumer gets its turns. */
const batches = 3
/** `log.file.handles.max` as it is by default. */
const logFiles = 4_096
const startSeconds = 5
const moreMiB = 100
const idleCpuPercent = 1

/**
 * Prints what many partitions and connections cost one broker, with the bounds of the design beside the figures. Whether all are
 * within.
 */
export async function runScale(options: ScaleOptions): Promise<boolean> {
  needHandles(options.connections, logFiles)
  const broker = await ScaleBroker.start()
  const figures: Figure[] = []
  const tell = (...told: Figure[]): void => {
    figures.push(...told)
    for (const figure of told) process.stderr.write(`${figureText(figure)}\n`)
  }
  const empty = await measureEmpty(broker, options, tell)
  const topics = await fill(broker, { ...options, empty }, tell)
  await measurePartitions(broker, { ...options, topics, empty }, tell)
  await measureConnections(broker, options, tell)
  await broker.end()
  const report = { machine: machine(), ...options, figures }
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`)
  const beyond = figures.filter(isBeyond).length
  const verdict = beyond === 0 ? 'every figure is within its bound' : `${beyond} figures are BEYOND their bounds`
  process.stdout.write(`${machine()}\n${figureTable(figures)}\n${verdict}\n`)
  return beyond === 0
}

type Tell = (...figures: Figure[]) => void
/** What was measured of the broker without partitions. */
type Beside = ScaleOptions & { readonly empty: Idle }

async function measureEmpty(broker: ScaleBroker, { idleSeconds }: ScaleOptions, tell: Tell): Promise<Idle> {
  await broker.stop()
  const start = await broker.startAgain()
  const idle = await broker.idle(idleSeconds)
  tell(
    { what: 'empty broker: start', value: start.seconds, unit: 's', digits: 2 },
    { what: 'empty broker: memory when idle', value: idle.residentMiB, unit: 'MiB' },
    { what: 'empty broker: CPU when idle', value: idle.cpuPercent, unit: '% of a core', digits: 2 },
  )
  return idle
}

async function fill(broker: ScaleBroker, beside: Beside, tell: Tell): Promise<ManyPartitions[]> {
  const { partitions, idleSeconds } = beside
  const connection = await openConnection(broker)
  const before = await broker.cost()
  const begun = performance.now()
  const topics = await makePartitions(connection, partitions)
  const seconds = (performance.now() - begun) / 1000
  const made = await broker.cost()
  tell(
    { what: `making ${partitions} partitions`, value: seconds, unit: 's', digits: 1 },
    { what: `making ${partitions} partitions: CPU`, value: made.cpuSeconds - before.cpuSeconds, unit: 's', digits: 1 },
  )
  tell(...idleFigures('made', await broker.idle(idleSeconds), beside))
  const idle = await broker.cost()
  for (let batch = 0; batch < batches; batch++) await writeToAll(connection, topics)
  const written = await broker.cost()
  const perBatch = ((written.cpuSeconds - idle.cpuSeconds) * 1e6) / (batches * partitions)
  connection.close()
  tell({ what: 'a batch to each in turn: CPU per batch', value: perBatch, unit: 'µs' })
  return topics
}

async function measurePartitions(
  broker: ScaleBroker,
  beside: Beside & { topics: readonly ManyPartitions[] },
  tell: Tell,
): Promise<void> {
  const { topics, idleSeconds } = beside
  tell({ what: 'clean stop', value: await broker.stop(), unit: 's', digits: 2 })
  tell(...startFigures('after a clean stop', await broker.startAgain(), beside))
  tell(...idleFigures('after a clean stop', await broker.idle(idleSeconds), beside))
  const connection = await openConnection(broker)
  tell(...(await measureConsumer(broker, connection, { topics, batches })))
  connection.close()
  await broker.kill()
  tell(...startFigures('after kill -9', await broker.startAgain(), beside))
  tell(...idleFigures('after kill -9', await broker.idle(idleSeconds), beside))
}

function startFigures(after: string, { seconds, cpuSeconds, residentMiB }: MeasuredStart, { empty }: Beside): Figure[] {
  const more = residentMiB - empty.residentMiB
  return [
    { what: `start ${after}`, value: seconds, unit: 's', digits: 2, atMost: startSeconds },
    { what: `start ${after}: CPU`, value: cpuSeconds, unit: 's', digits: 2 },
    // What the start itself takes is given back in the first minute: the bound is that of an idle broker.
    { what: `start ${after}: memory beyond an empty broker`, value: more, unit: 'MiB' },
  ]
}

/** `since`: what the process has done before. */
function idleFigures(since: string, idle: Idle, { empty, partitions }: Beside): Figure[] {
  const what = `partitions, idle, ${since}`
  const more = idle.residentMiB - empty.residentMiB
  const handlesMax = logFiles + empty.openHandles
  return [
    { what: `${what}: memory beyond an empty broker`, value: more, unit: 'MiB', atMost: moreMiB },
    { what: `${what}: memory per partition`, value: (more * 1024) / partitions, unit: 'KiB', digits: 1 },
    { what: `${what}: CPU`, value: idle.cpuPercent, unit: '% of a core', digits: 2, atMost: idleCpuPercent },
    { what: `${what}: open handles`, value: idle.openHandles, unit: '', atMost: handlesMax },
  ]
}

async function measureConnections(
  broker: ScaleBroker,
  { connections, idleSeconds }: ScaleOptions,
  tell: Tell,
): Promise<void> {
  const before = await broker.idle(idleSeconds)
  const opened = await openIdle(broker, connections)
  const after = await broker.idle(idleSeconds)
  const closed = opened.filter((connection) => connection.closed).length
  if (closed > 0) throw new Error(`${closed} of ${connections} idle connections were closed`)
  for (const connection of opened) connection.close()
  const more = after.residentMiB - before.residentMiB
  tell(
    { what: `${connections} idle connections: more memory`, value: more, unit: 'MiB', atMost: moreMiB },
    { what: 'idle connections: memory per connection', value: (more * 1024) / connections, unit: 'KiB', digits: 1 },
    { what: 'idle connections: CPU', value: after.cpuPercent, unit: '% of a core', digits: 2, atMost: idleCpuPercent },
  )
}
