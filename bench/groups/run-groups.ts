import { writeFile } from 'node:fs/promises'
import { machine } from '../machine.ts'
import { type Figure, figureTable, figureText } from '../scale/figure.ts'
import { needHandles, openConnection, openIdle } from '../scale/idle-connections.ts'
import { ScaleBroker } from '../scale/scale-broker.ts'
import { GroupLoad } from './group-load.ts'

export interface GroupsOptions {
  groups: number
  members: number
  heartbeatSeconds: number
  idleSeconds: number
  json?: string
}

/** Log files of the broker: its own topics' only. */
const brokerFiles = 256
/** What is not stable by then is told as an error. */
const limitMs = 120_000

type Tell = (...figures: Figure[]) => void

/** Prints what many groups cost one broker, all of them with members that live: to join, to commit, to stay, to start again. */
export async function runGroups(options: GroupsOptions): Promise<void> {
  const { groups, members: membersEach, heartbeatSeconds } = options
  needHandles(groups * membersEach, brokerFiles)
  const broker = await ScaleBroker.start()
  const figures: Figure[] = []
  const tell: Tell = (...told) => {
    figures.push(...told)
    for (const figure of told) process.stderr.write(`${figureText(figure)}\n`)
  }
  const first = await openConnection(broker)
  await GroupLoad.prepare(first, membersEach)
  first.close()
  const connections = await openIdle(broker, groups * membersEach)
  const empty = await broker.idle(options.idleSeconds)
  tell({ what: `${connections.length} connections, silent: CPU`, value: empty.cpuPercent, unit: '%', digits: 2 })
  const load = new GroupLoad(broker, { connections, membersEach, heartbeatMs: heartbeatSeconds * 1000 })
  await measureJoins(broker, load, { ...options, tell })
  await measureCommits(broker, load, { ...options, tell })
  await measureIdle(broker, load, { ...options, tell, emptyMiB: empty.residentMiB })
  await measureRestarts(broker, load, { ...options, tell, emptyMiB: empty.residentMiB })
  await load.end()
  await broker.end()
  const report = { machine: machine(), ...options, figures }
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`)
  process.stdout.write(`${machine()}\n${figureTable(figures)}\n`)
}

async function measureJoins(
  broker: ScaleBroker,
  load: GroupLoad,
  { groups, members, tell }: GroupsOptions & { tell: Tell },
): Promise<void> {
  const before = await broker.cost()
  load.start()
  const seconds = await load.stable(limitMs)
  const { cpuSeconds } = await broker.cost()
  tell(
    { what: `${groups} groups of ${members}: until all are stable`, value: seconds, unit: 's', digits: 2 },
    { what: 'until all are stable: CPU', value: cpuSeconds - before.cpuSeconds, unit: 's', digits: 2 },
    {
      what: 'until all are stable: JoinGroups per member',
      value: load.joins / (groups * members),
      unit: '',
      digits: 1,
    },
  )
}

async function measureCommits(
  broker: ScaleBroker,
  load: GroupLoad,
  { groups, members, tell }: GroupsOptions & { tell: Tell },
): Promise<void> {
  const before = await broker.cost()
  const rounds = 4
  let seconds = 0
  for (let round = 1; round <= rounds; round++) seconds += await load.commitAll(round)
  const { cpuSeconds } = await broker.cost()
  const commits = rounds * groups * members
  tell(
    { what: `${groups * members} commits at once: until the last`, value: seconds / rounds, unit: 's', digits: 2 },
    { what: 'CPU per commit', value: ((cpuSeconds - before.cpuSeconds) * 1e6) / commits, unit: 'µs' },
  )
}

async function measureIdle(
  broker: ScaleBroker,
  load: GroupLoad,
  { groups, heartbeatSeconds, idleSeconds, tell, emptyMiB }: GroupsOptions & { tell: Tell; emptyMiB: number },
): Promise<void> {
  const [beatsBefore, before] = [load.beats, await broker.cost()]
  const { residentMiB, cpuPercent } = await broker.idle(idleSeconds)
  const beats = load.beats - beatsBefore
  const cpuSeconds = (await broker.cost()).cpuSeconds - before.cpuSeconds
  tell(
    { what: `heartbeats each ${heartbeatSeconds} s: CPU`, value: cpuPercent, unit: '% of a core', digits: 1 },
    { what: 'CPU per heartbeat', value: (cpuSeconds * 1e6) / beats, unit: 'µs' },
    ...memoryFigures('after all of that', residentMiB - emptyMiB, groups),
  )
}

function memoryFigures(when: string, moreMiB: number, groups: number): Figure[] {
  return [
    { what: `${when}: memory beyond that with silent connections`, value: moreMiB, unit: 'MiB' },
    { what: `${when}: … per group`, value: (moreMiB * 1024) / groups, unit: 'KiB', digits: 1 },
  ]
}

/** A clean stop, and kill -9: from the command that starts it to the moment when every member has been served again. */
async function measureRestarts(
  broker: ScaleBroker,
  load: GroupLoad,
  { groups, idleSeconds, tell, emptyMiB }: GroupsOptions & { tell: Tell; emptyMiB: number },
): Promise<void> {
  for (const [how, end] of [
    ['a clean stop', () => broker.stop()],
    ['kill -9', () => broker.kill()],
  ] as const) {
    await end()
    const joins = load.joins
    const heard = load.heardFrom(limitMs)
    const start = await broker.startAgain()
    const seconds = await heard
    const { cpuSeconds } = await broker.cost()
    const { residentMiB } = await broker.idle(idleSeconds)
    tell(
      { what: `start after ${how}`, value: start.seconds, unit: 's', digits: 2 },
      { what: `start after ${how}: until all are served again`, value: seconds, unit: 's', digits: 2 },
      { what: `start after ${how}: CPU until then`, value: cpuSeconds, unit: 's', digits: 2 },
      { what: `start after ${how}: JoinGroups`, value: load.joins - joins, unit: '' },
      ...memoryFigures(`start after ${how}`, residentMiB - emptyMiB, groups),
    )
  }
}
