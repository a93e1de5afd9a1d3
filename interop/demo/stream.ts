import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LineProcess } from '../child.ts'
import { packageRoot } from '../package-root.ts'
import type { TargetControl } from '../targets/target.ts'
import type { SeenRow } from './audit.ts'

export const modes = ['at-least-once', 'idempotent'] as const
export type Mode = (typeof modes)[number]

export interface Streamed {
  /** What each member of the group saw, in its order. */
  members: SeenRow[][]
  /** The whole log as a fresh reader saw it afterwards. */
  log: SeenRow[]
  seconds: number
}

export interface StreamOptions {
  mode: Mode
  bootstrap: string
  control: TargetControl
  topic: string
  rows: number
  /** Called with how many rows are acknowledged and how many the group has seen. */
  onProgress(sent: number, seen: number): void
  onKill(number: number, downMs: number): void
}

const streamMs = 180_000
export const kills = 2

/** Streams the rows through the topic, a group of two reading, while the broker is killed and started again. */
export async function stream(options: StreamOptions): Promise<Streamed> {
  const { bootstrap, topic, rows, mode } = options
  const begin = performance.now()
  const seen = new Set<number>()
  let sent = 0
  let created = false
  const progress = (): void => options.onProgress(sent, seen.size)
  const producer = program('producer.mjs', [bootstrap, topic, mode], (fields) => {
    if (fields[0] === 'created') created = true
    if (fields[0] === 'sent') sent = Number(fields[1])
  })
  await until(() => created, [producer])
  const members = [0, 1].map(() => new Reader([bootstrap, topic, `${topic}-group`], (row) => seen.add(row)))
  const processes = [producer, ...members.map(({ process }) => process)]
  const ticker = setInterval(progress, 100)
  try {
    for (let number = 1; number <= kills; number++) {
      await until(() => sent >= (rows * number) / (kills + 1), processes.slice(0, 1))
      const killed = performance.now()
      await options.control.kill()
      await options.control.restart()
      options.onKill(number, performance.now() - killed)
    }
    await ended('the producer', producer)
    await until(() => seen.size >= rows, processes.slice(1))
    await Promise.all(members.map((member) => member.finish()))
  } finally {
    clearInterval(ticker)
    progress()
    await Promise.all(processes.map((process) => process.end()))
  }
  const seconds = (performance.now() - begin) / 1000
  const log = new Reader([bootstrap, topic], () => {})
  await ended('the reader of the log', log.process)
  return { members: members.map(({ records }) => records), log: log.records, seconds }
}

class Reader {
  readonly records: SeenRow[] = []
  readonly process: LineProcess

  constructor(args: readonly string[], onRow: (row: number) => void) {
    this.process = program('consumer.mjs', args, ([kind, partition, offset, row, key, value]) => {
      if (kind !== 'record' || key === undefined || value === undefined) return
      this.records.push({ partition: Number(partition), offset: Number(offset), row: Number(row), key, value })
      onRow(Number(row))
    })
  }

  async finish(): Promise<void> {
    this.process.closeInput()
    await ended('a member of the group', this.process)
  }
}

function program(name: string, args: readonly string[], onFields: (fields: string[]) => void): LineProcess {
  const file = join(packageRoot, 'interop', 'demo', name)
  const env = { KAFKAJS_NO_PARTITIONER_WARNING: '1' }
  const onLine = (line: string): void => onFields(line.split('\t'))
  return new LineProcess(process.execPath, [file, ...args], { timeoutMs: streamMs, env }, onLine)
}

async function ended(who: string, process: LineProcess): Promise<void> {
  const code = await process.exited
  if (code !== 0) throw new Error(`${who} ended with ${code}: ${process.stderr.trim()}`)
}

/** Waits, at most two minutes, and no longer than the processes live. What is missing then is for the audit to tell. */
async function until(holds: () => boolean, processes: readonly LineProcess[]): Promise<void> {
  const end = performance.now() + 120_000
  while (!holds() && performance.now() < end && processes.every(({ running }) => running)) await sleep(10)
}
