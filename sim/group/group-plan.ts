import { SimRandom } from '../../src/runtime/sim/sim-random.ts'

export type GroupAction =
  /** Somebody writes a value of so many bytes to whom it takes for the leader. */
  | { do: 'produce'; bytes: number }
  /** Somebody reads from a node, whoever that is. */
  | { do: 'read'; node: number }
  /** Node 0 is whoever leads then. */
  | { do: 'crash' | 'power-cut'; node: number; downMs: number }
  /** Nothing goes from any of `from` to any of `to`; the other way only if `bothWays`. */
  | { do: 'cut-off'; from: readonly number[]; to: readonly number[]; bothWays: boolean; forMs: number }
  | { do: 'reset'; one: number; other: number }
  | { do: 'slow-disk'; node: number; times: number; forMs: number }
  | { do: 'slow-link'; from: number; to: number; latencyMs: number; forMs: number }

export interface GroupPlan {
  readonly nodes: number
  readonly flushMessages: number
  readonly segmentBytes: number
  readonly answerBytesMax: number
  /** Leaders die young: with this chance, within so many ms of their election. Null: they do not. */
  readonly hunt: { readonly chance: number; readonly withinMs: number; readonly downMsMax: number } | null
  readonly steps: readonly { readonly atMs: number; readonly action: GroupAction }[]
}

type Temper = readonly GroupAction['do'][]

/** Which faults a seed knows: alone they are seen more clearly, together they find what none finds alone. */
const tempers: readonly Temper[] = [
  ['crash'],
  ['power-cut'],
  ['cut-off'],
  ['crash', 'power-cut', 'reset'],
  ['cut-off', 'slow-link', 'reset'],
  ['crash', 'power-cut', 'cut-off', 'reset', 'slow-disk', 'slow-link'],
]

/** What happens in a run, drawn from its seed before it begins. */
export function groupPlanOf(seed: number): GroupPlan {
  const random = new SimRandom(`group plan ${seed}`)
  const nodes = random.pick([3, 3, 3, 5])
  const temper = random.pick(tempers)
  const gapMs = random.pick([5, 20, 60])
  const faultChance = random.pick([0.02, 0.05, 0.1])
  const steps: { atMs: number; action: GroupAction }[] = []
  const count = 100 + random.integer(200)
  for (let atMs = 500; steps.length < count; atMs += random.between(0, 2 * gapMs)) {
    steps.push({ atMs, action: random.chance(faultChance) ? faultOf(random, nodes, temper) : workOf(random, nodes) })
  }
  return {
    nodes,
    flushMessages: random.pick([1, 1, Number.MAX_SAFE_INTEGER]),
    segmentBytes: random.pick([300, 2000, 1_000_000]),
    // One batch an answer: so a replica has the last entry of one epoch and not yet the first of the next.
    answerBytesMax: random.pick([1, 1, 500, 1_000_000]),
    hunt: huntOf(random),
    steps,
  }
}

function huntOf(random: SimRandom): GroupPlan['hunt'] {
  if (random.chance(0.7)) return null
  return { chance: random.pick([0.5, 0.9]), withinMs: random.pick([1, 4, 15]), downMsMax: random.pick([300, 1000]) }
}

function workOf(random: SimRandom, nodes: number): GroupAction {
  if (random.chance(0.15)) return { do: 'read', node: 1 + random.integer(nodes) }
  return { do: 'produce', bytes: 1 + random.integer(random.pick([20, 200])) }
}

function faultOf(random: SimRandom, nodes: number, temper: Temper): GroupAction {
  const node = 1 + random.integer(nodes)
  const other = 1 + ((node + random.integer(nodes - 1)) % nodes)
  const what = random.pick(temper)
  switch (what) {
    case 'crash':
    case 'power-cut':
      return { do: what, node: random.chance(0.5) ? 0 : node, downMs: random.between(0, random.pick([20, 300, 2000])) }
    case 'cut-off':
      return cutOffOf(random, nodes, node)
    case 'reset':
      return { do: 'reset', one: node, other }
    case 'slow-disk':
      return { do: 'slow-disk', node, times: random.pick([5, 50]), forMs: random.between(10, 1000) }
    default:
      return { do: 'slow-link', from: node, to: other, latencyMs: random.pick([20, 150, 400]), forMs: 1000 }
  }
}

/** The leader (0) or another node alone, random halves, or one link. */
function cutOffOf(random: SimRandom, nodes: number, node: number): GroupAction {
  const all = Array.from({ length: nodes }, (_, at) => at + 1)
  const from = random.chance(0.3) ? [0] : random.chance(0.5) ? [node] : all.filter(() => random.chance(0.5))
  const others = all.filter((each) => !from.includes(each))
  const to = random.chance(0.2) ? others.slice(0, 1) : others
  return { do: 'cut-off', from, to, bothWays: random.chance(0.6), forMs: random.between(100, random.pick([600, 3000])) }
}
