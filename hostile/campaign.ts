import { Worker } from 'node:worker_threads'
import type { Finding } from './finding.ts'
import { workedMs } from './worked-ms.ts'
import type { Told, Work } from './worker.ts'

/** What one target was given and what came of it. */
export interface CampaignOutcome {
  readonly target: string
  readonly inputs: number
  readonly seconds: number
  readonly finding: Finding | null
}

/** No input is worked on for longer, in the processor's time: on a busy machine that says more than a clock. */
const hangMsDefault = 20_000
/** One that takes so many times as long by the clock waits for what never comes. */
const idleTimes = 15
const lookMs = 500
const heapMaxMb = 512

/** Feeds inputs to one target in a thread of its own, and ends that when an input does not come to an end. One at a time. */
export async function feedTarget(
  name: string,
  { seed, inputs, hangMs = hangMsDefault }: { seed: number; inputs: number; hangMs?: number },
): Promise<CampaignOutcome> {
  const begun = new SharedArrayBuffer(4)
  const atSeed = new SharedArrayBuffer(4)
  const work: Work = { target: name, seed, inputs, begun, atSeed }
  const since = performance.now()
  const worker = new Worker(new URL('worker.js', import.meta.url), {
    workerData: work,
    resourceLimits: { maxOldGenerationSizeMb: heapMaxMb },
  })
  const finding = await outcomeOf(worker, work, hangMs)
  const fed = Math.min(inputs, new Int32Array(begun)[0] as number)
  return { target: name, inputs: fed, seconds: (performance.now() - since) / 1000, finding }
}

function outcomeOf(worker: Worker, { target, begun, atSeed }: Work, hangMs: number): Promise<Finding | null> {
  const count = new Int32Array(begun)
  let first: Finding | null = null
  const of = (kind: Finding['kind'], what: string): Finding =>
    first ?? { target, kind, what, input: null, seed: Atomics.load(new Int32Array(atSeed), 0) }
  return new Promise((resolve) => {
    let last = -1
    let since = { workedMs: 0, atMs: 0 }
    const look = setInterval(() => {
      const now = { workedMs: workedMs(), atMs: performance.now() }
      const fed = Atomics.load(count, 0)
      if (fed !== last) since = now
      last = fed
      const worked = now.workedMs - since.workedMs
      if (worked >= hangMs)
        return finish(of('hang', `an input was worked on for ${worked.toFixed(0)} ms without an end`))
      if (now.atMs - since.atMs >= hangMs * idleTimes) finish(of('hang', 'an input waits for what does not come'))
    }, lookMs)
    const finish = (finding: Finding | null): void => {
      clearInterval(look)
      resolve(finding)
      void worker.terminate()
    }
    worker.on('message', (told: Told) => {
      if ('first' in told) first = told.first
      else finish(told.done)
    })
    worker.on('error', (error: NodeJS.ErrnoException) => {
      const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      finish(isMemory ? of('memory', `more than ${heapMaxMb} MiB of heap`) : of('crash', `${error.stack}`))
    })
    worker.on('exit', (code) => finish(of('crash', `the thread ended with code ${code}`)))
  })
}
