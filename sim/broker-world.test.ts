import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DiskFile } from '../src/runtime/disk.ts'
import type { Runtime } from '../src/runtime/runtime.ts'
import type { BrokerUnderTest, WorkloadClient } from './tested-broker.ts'
import { runSeed } from './broker-world.ts'
import type { ReadRecord, ViolationCode } from './history.ts'
import { workloadOf } from './workload.ts'

/** What is wrong with the model. */
interface Defects {
  readonly syncs?: false
  readonly dedupes?: false
  readonly recovers?: 'whatever is there' | 'nothing'
  readonly exitsAfterAppends?: number
  /** Those of deleted topics. */
  readonly dropsOffsets?: false
}

interface Entry {
  readonly key: string
  readonly values: readonly string[]
}

/** One log file of JSON lines: as little of a broker as a history can be had from. */
class ModelBroker {
  readonly runtime: Runtime
  readonly #defects: Defects
  readonly #logs = new Map<string, { file: DiskFile; size: number; entries: Entry[]; tail: Promise<unknown> }>()
  readonly commits = new Map<string, number>()
  #appends = 0

  constructor(runtime: Runtime, defects: Defects) {
    this.runtime = runtime
    this.#defects = defects
  }

  async open(partition: string): Promise<void> {
    if (this.#logs.has(partition)) return
    const { disk } = this.runtime
    const path = `/data/${partition}`
    await disk.makeDirectory(path)
    const file = await disk.open(`${path}/log`, 'create')
    await disk.syncDirectory(path)
    const text = this.#defects.recovers === 'nothing' ? '' : Buffer.from(await disk.readFile(`${path}/log`)).toString()
    const entries: Entry[] = []
    let size = 0
    for (const line of text.split('\n').slice(0, -1)) {
      const entry = entryIn(line)
      if (entry === null && this.#defects.recovers !== 'whatever is there') break
      size += Buffer.byteLength(line) + 1
      if (entry !== null) entries.push(entry)
    }
    await file.truncate(size)
    await file.sync()
    this.#logs.set(partition, { file, size, entries, tail: Promise.resolve() })
  }

  append(partition: string, entry: Entry, sync: boolean): Promise<number> {
    const log = this.#logs.get(partition)
    if (log === undefined) throw new Error('unknown partition')
    const work = log.tail.then(async () => {
      if (++this.#appends === this.#defects.exitsAfterAppends) this.runtime.exit(70)
      const known = this.#defects.dedupes === false ? -1 : log.entries.findIndex(({ key }) => key === entry.key)
      if (known >= 0 && entry.key !== '') return offsetOf(log.entries, known)
      const bytes = Buffer.from(`${JSON.stringify(entry)}\n`)
      await log.file.write([bytes], log.size)
      if (sync && this.#defects.syncs !== false) await log.file.sync()
      log.size += bytes.length
      log.entries.push(entry)
      return offsetOf(log.entries, log.entries.length - 1)
    })
    log.tail = work
    return work
  }

  read(partition: string, from: number): ReadRecord[] {
    const values = (this.#logs.get(partition)?.entries ?? []).flatMap((entry) => entry.values)
    if (from > values.length) throw new Error('out of range')
    return values.slice(from, from + 10).map((value, index) => ({ offset: from + index, value }))
  }

  async stop(): Promise<void> {
    for (const { file, tail } of this.#logs.values()) {
      await tail
      await file.sync()
    }
  }
}

function entryIn(line: string): Entry | null {
  try {
    return JSON.parse(line) as Entry
  } catch {
    return null
  }
}

function offsetOf(entries: readonly Entry[], index: number): number {
  return entries.slice(0, index).reduce((sum, entry) => sum + entry.values.length, 0)
}

function model(defects: Defects): BrokerUnderTest {
  let broker: ModelBroker | null = null
  const partitions: string[] = []
  const topics = new Set<string>()
  const flushed = new Set<string>()
  return {
    async startBroker(runtime) {
      const starting = new ModelBroker(runtime, defects)
      broker = null
      for (const partition of partitions) await starting.open(partition)
      broker = starting
      return starting
    },
    openClient(runtime): WorkloadClient {
      const ask = <T>(work: (asked: ModelBroker) => T | Promise<T>) =>
        new Promise<T>((resolve, reject) => {
          const asked = broker
          runtime.clock.setTimer(500, () => reject(new Error('no answer')))
          runtime.clock.setTimer(1, async () => {
            try {
              if (asked === null) throw new Error('down')
              const answer = await work(asked)
              // The model is not reached through the network: that it lives is asked of its disk, which is dead with it.
              await asked.runtime.disk.exists('/')
              resolve(answer)
            } catch (error) {
              reject(error)
            }
          })
        })
      return {
        createTopic: (topic) =>
          ask(async (asked) => {
            topics.add(topic.name)
            if (topic.flushed) flushed.add(topic.name)
            for (let partition = 0; partition < topic.partitions; partition++) {
              partitions.push(`${topic.name}/${partition}`)
              await asked.open(`${topic.name}/${partition}`)
            }
          }),
        openProducer({ name, idempotent, acks }) {
          let sequence = 0
          return {
            async send({ topic, partition, values, again }) {
              if (!again) sequence++
              const entry = { key: idempotent ? `${name} ${sequence}` : '', values }
              const offset = await ask((asked) => asked.append(`${topic}/${partition}`, entry, flushed.has(topic)))
              return acks === 0 ? null : offset
            },
          }
        },
        earliest: () => ask(() => 0),
        offsetAt: () => ask(() => -1),
        deleteRecords: () => ask(() => {}),
        topics: () => ask(() => [...topics]),
        deleteTopic: (name) =>
          ask((asked) => {
            topics.delete(name)
            if (defects.dropsOffsets === false) return
            for (const key of asked.commits.keys()) if (key.split(' ')[1] === name) asked.commits.delete(key)
          }),
        read: (topic, partition, from) => ask((asked) => asked.read(`${topic}/${partition}`, from)),
        commit: (group, topic, partition, offset) =>
          ask((asked) => void asked.commits.set(`${group} ${topic} ${partition}`, offset)),
        // Kept in memory only, so a group that is asked after a restart has none: what a real broker must not do.
        committed: (group, topic, partition) =>
          ask((asked) => asked.commits.get(`${group} ${topic} ${partition}`) ?? -1),
      }
    },
  }
}

/** Runs some seeds; what was violated, and what was seen to happen. */
async function runs(
  defects: Defects,
  seeds = 30,
): Promise<{ codes: Set<ViolationCode>; marks: Set<string>; details: string[] }> {
  const codes = new Set<ViolationCode>()
  const marks = new Set<string>()
  const details: string[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    // A failed fsync is more than the model can deal with.
    if (workloadOf(seed).steps.some(({ action }) => action.do === 'disk-fault')) continue
    const outcome = await runSeed(seed, model(defects))
    for (const { code, detail } of outcome.violations) {
      codes.add(code)
      if (code !== 'commit went back') details.push(`seed ${seed}: ${code}: ${detail}`)
    }
    for (const mark of outcome.marks.keys()) marks.add(mark)
  }
  return { codes, marks, details }
}

test('a model that does what is promised passes, but for the commits that it keeps in memory', async () => {
  const { codes, marks, details } = await runs({})
  assert.deepEqual(details, [])
  assert.deepEqual([...codes], ['commit went back'])
  for (const mark of ['crash', 'power-cut', 'clean stop', 'torn write', 'unsynced bytes lost']) {
    assert.ok(marks.has(mark), `${mark} never happened`)
  }
})

for (const [what, defects, expected] of [
  ['acknowledges before it has synced', { syncs: false }, 'lost'],
  ['stores the retries of an idempotent producer', { dedupes: false }, 'duplicate'],
  ['forgets everything at a start', { recovers: 'nothing' }, 'lost'],
  ['ends itself', { exitsAfterAppends: 10 }, 'ended itself'],
  ['keeps the offsets of topics that are deleted', { dropsOffsets: false }, 'offset of a deleted topic'],
] as [string, Defects, ViolationCode][]) {
  test(`a model that ${what} is found within 30 seeds`, async () => {
    const { codes } = await runs(defects)
    assert.ok(codes.has(expected), `${[...codes]}`)
  })
}

test('a run is a function of its seed', async () => {
  const [one, same, other] = [await runSeed(7, model({})), await runSeed(7, model({})), await runSeed(8, model({}))]
  assert.equal(one.traceHash, same.traceHash)
  assert.notEqual(one.traceHash, other.traceHash)
})
