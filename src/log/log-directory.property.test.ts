import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Runtime } from '../runtime/runtime.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { LogDirectory, type OpenReport } from './log-directory.ts'
import { ByteLog } from './log-directory-byte-log.ts'
import { type HostedReplica, partitionKey } from './log-directory-name.ts'

const seeds = 120
const lives = 6
const replicas: HostedReplica[] = [0, 1, 2].map((partition) => ({
  topic: 'flights',
  partition,
  topicId: 'cJ4iTpBVQ9-xL2fNIm-h2A',
}))

/** What has been promised, by replica: a slow twin of the folder, which no crash touches. */
class Promised {
  /** Created or deleted, as acknowledged; undefined: under way, or never. */
  readonly isHosted = new Map<string, boolean>()
  /** Bytes that were written, fsynced or not. */
  readonly written = new Map<string, number>()
}

/** One life of a broker: opens the folder, works, closes it. The machine may end it anywhere. */
async function live(runtime: Runtime, promised: Promised, marks: Marks): Promise<void> {
  const directory = await LogDirectory.open<ByteLog>({ runtime, path: '/data', nodeId: 1, checkpointIntervalMs: 5 })
  const report = await directory.openAll({ open: (place) => ByteLog.open(runtime, place), flushesAlways: () => false })
  check({ directory, report }, promised, marks)
  for (const replica of replicas) {
    const log = directory.log(replica)
    promised.isHosted.set(partitionKey(replica), log !== null)
    promised.written.set(partitionKey(replica), log?.logEndOffset ?? 0)
  }
  await directory.liftSuspicion(replicas)
  if (runtime.random.float() < 0.2) return directory.close()
  await directory.markDirtyBeforeFirstAppend()
  for (let step = 0; step < 8; step++) await work(runtime, directory, promised)
  await directory.close()
}

type Marks = Map<string, number>

interface Opening {
  readonly directory: LogDirectory<ByteLog>
  readonly report: OpenReport
}

async function work(runtime: Runtime, directory: LogDirectory<ByteLog>, promised: Promised): Promise<void> {
  const replica = replicas[runtime.random.integer(replicas.length)] as HostedReplica
  const key = partitionKey(replica)
  const log = directory.log(replica)
  const draw = runtime.random.float()
  if (log === null) {
    promised.isHosted.delete(key)
    await directory.create(replica, (place) => ByteLog.open(runtime, place))
    promised.isHosted.set(key, true)
    promised.written.set(key, directory.log(replica)?.logEndOffset ?? 0)
  } else if (draw < 0.2) {
    promised.isHosted.delete(key)
    await directory.delete(replica)
    promised.isHosted.set(key, false)
  } else {
    await log.append('x'.repeat(1 + runtime.random.integer(20)))
    promised.written.set(key, log.logEndOffset)
    if (draw < 0.4) await log.flush()
  }
}

/** What must hold whenever the folder has been opened. Counts what is rare. */
function check({ directory, report }: Opening, promised: Promised, marks: Marks): void {
  const mark = (name: string) => marks.set(name, (marks.get(name) ?? 0) + 1)
  assert.deepEqual([report.offline, report.missingReplicas, report.strays], [[], [], []])
  if (report.clean) mark('clean')
  if (report.suspects.length > 0) mark('suspects')
  for (const replica of replicas) {
    const key = partitionKey(replica)
    const log = directory.log(replica)
    const isHosted = promised.isHosted.get(key)
    if (isHosted !== undefined) assert.equal(log !== null, isHosted, `${key} was promised ${isHosted}`)
    else mark('creation or deletion cut short')
    if (log === null || isHosted !== true) continue
    const lost = (promised.written.get(key) ?? 0) - log.logEndOffset
    if (lost <= 0) continue
    mark('lost')
    assert.equal(report.clean, false, 'the clean mark has lied')
    assert.notEqual(directory.suspect(replica), null, `${key} lost ${lost} bytes and is not suspect`)
  }
}

/** Runs one life until it is over or cut short. True: it came to its end. */
async function endAnywhere(world: SimWorld, life: Promise<void>): Promise<boolean> {
  let isOver = false
  const note = () => {
    isOver = true
  }
  life.then(note, note)
  await world.runUntil(() => isOver, world.random.between(0, 250))
  // Only what has settled can be awaited: a life that was cut short never settles.
  if (isOver) await life
  return isOver
}

test('whatever cuts a life short, the clean mark never lies, losers are suspect, and promises on replicas hold', async () => {
  const marks: Marks = new Map()
  for (let seed = 1; seed <= seeds; seed++) {
    const world = new SimWorld(seed)
    const machine = world.node('a')
    const promised = new Promised()
    try {
      for (let life = 0; life < lives; life++) {
        const isOver = await endAnywhere(world, live(machine.runtime, promised, marks))
        marks.set(isOver ? 'over' : 'cut short', 1)
        if (world.random.chance(0.5)) machine.powerCut()
        machine.restart()
      }
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
  for (const rare of ['over', 'cut short', 'clean', 'suspects', 'lost', 'creation or deletion cut short']) {
    assert.ok((marks.get(rare) ?? 0) > 0, `${rare} was never seen`)
  }
})
