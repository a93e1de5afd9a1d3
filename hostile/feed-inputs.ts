import fc from 'fast-check'
import type { Finding, FindingKind } from './finding.ts'
import { MemoryWatch } from './memory-watch.ts'
import { type AnyTarget, Wrong } from './target.ts'
import { workedMs } from './worked-ms.ts'

/** Inputs that one seed stands for. */
export const inputsPerSeed = 100
/** An input that is worked on for longer has found something that does not end soon enough. */
const slowMs = 5_000
const shownChars = 4_000

/** Thrown on purpose, to end the property with what was seen. */
class Seen extends Error {
  readonly kind: FindingKind

  constructor(kind: FindingKind, what: string) {
    super(what)
    this.kind = kind
  }
}

/**
 * Feeds the inputs of one seed, and makes the one smaller that shows something. Null: nothing was found. `before` is called
 * ahead of each input; `first` at once with what the first bad input showed, as a smaller one may never come back.
 */
export async function feedInputs(
  target: AnyTarget,
  fed: { seed: number; inputs: number; before: () => void; first: (finding: Finding) => void },
): Promise<Finding | null> {
  const { seed, inputs, before } = fed
  const watch = new MemoryWatch()
  let told = false
  const property = fc.asyncProperty(await target.inputs(), async (input: unknown) => {
    before()
    try {
      await feedOne(target, input, watch)
    } catch (error) {
      if (!told) fed.first(findingOf(target, seed, { error, input }))
      told = true
      throw error
    }
  })
  // A smaller input cannot show again what only the first one could: the highest size of the process was passed then.
  const details = await fc.check(property, { seed, numRuns: inputs })
  if (!details.failed) return null
  return findingOf(target, seed, { error: details.errorInstance, input: details.counterexample?.[0] })
}

async function feedOne(target: AnyTarget, input: unknown, watch: MemoryWatch): Promise<void> {
  const begun = workedMs()
  watch.begin()
  await target.feed(input)
  const tookMs = workedMs() - begun
  const excess = watch.excess(target.bytesMax(input))
  if (excess !== null) throw new Seen('memory', excess)
  if (tookMs > slowMs) throw new Seen('hang', `an input took ${tookMs.toFixed(0)} ms`)
}

function findingOf(target: AnyTarget, seed: number, { error, input }: { error: unknown; input: unknown }): Finding {
  const kind = error instanceof Seen ? error.kind : error instanceof Wrong ? 'wrong' : 'crash'
  const what =
    kind === 'crash' && error instanceof Error ? `${error.stack}` : error instanceof Error ? error.message : `${error}`
  return { target: target.name, kind, what, input: shown(input), seed }
}

function shown(input: unknown): string {
  const text = JSON.stringify(input, (_key, value: unknown) => {
    const bytes = value as { type?: string; data?: number[] } | null
    return bytes?.type === 'Buffer' ? `hex ${Buffer.from(bytes.data ?? []).toString('hex')}` : value
  })
  return text === undefined ? `${input}` : text.slice(0, shownChars)
}
