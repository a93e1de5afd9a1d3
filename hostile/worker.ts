/** Feeds one target, apart from who watches: an input that never comes back, or takes all memory, ends this thread only. */
import { parentPort, workerData } from 'node:worker_threads'
import { feedInputs, inputsPerSeed } from './feed-inputs.ts'
import type { Finding } from './finding.ts'
import { targetNamed } from './targets/all.ts'

export interface Work {
  readonly target: string
  readonly seed: number
  readonly inputs: number
  /** Counts the inputs that were begun. */
  readonly begun: SharedArrayBuffer
  /** The seed of the input that was begun last. */
  readonly atSeed: SharedArrayBuffer
}

/** What the worker tells. */
export type Told = { readonly first: Finding } | { readonly done: Finding | null }

const work = workerData as Work
const begun = new Int32Array(work.begun)
const atSeed = new Int32Array(work.atSeed)
const target = targetNamed(work.target)
const tell = (told: Told): void => parentPort?.postMessage(told)

let finding: Finding | null = null
for (let fed = 0, { seed } = work; fed < work.inputs && finding === null; fed += inputsPerSeed, seed++) {
  Atomics.store(atSeed, 0, seed)
  finding = await feedInputs(target, {
    seed,
    inputs: Math.min(inputsPerSeed, work.inputs - fed),
    before: () => void Atomics.add(begun, 0, 1),
    first: (first) => tell({ first }),
  })
}
tell({ done: finding })
