import { SimRandom } from '../../src/runtime/sim/sim-random.ts'
import { type MachineFault, machineFaultOf } from '../machine-faults.ts'
import type { PlannedStep } from '../planned-steps.ts'

export type GroupAction =
  /** Somebody writes a value of so many bytes to whom it takes for the leader. */
  | { do: 'produce'; bytes: number }
  /** Somebody reads from a node, whoever that is. */
  | { do: 'read'; node: number }
  /** Node 0 is whoever leads then. */
  | { do: 'crash' | 'power-cut'; node: number; downMs: number }
  /** An operator wants the node to vote, or not to, and asks whoever leads. */
  | { do: 'add' | 'remove'; node: number }
  /** The node comes back with an empty disk, if the group can do without what it had. */
  | { do: 'lose-disk'; node: number; downMs: number }
  /** Whoever leads is asked to hand over to that node. */
  | { do: 'hand-over'; to: number }
  | MachineFault

export interface GroupPlan {
  readonly nodes: number
  /** The first so many vote at first. */
  readonly voters: number
  readonly flushMessages: number
  readonly segmentBytes: number
  readonly answerBytesMax: number
  /** Nothing but that disturbs the group: what a leader takes it has to acknowledge. */
  readonly onlyHandsOver: boolean
  /** Leaders die young: with this chance, within so many ms of their election. Null: they do not. */
  readonly hunt: { readonly chance: number; readonly withinMs: number; readonly downMsMax: number } | null
  readonly steps: readonly PlannedStep<GroupAction>[]
  /** Queues of the group's commit log; 0: its log is a partition's. */
  readonly queues: number
  /** Of a commit log; beyond that its oldest segments go. Null: nothing goes. */
  readonly retentionBytes: number | null
}

type Temper = readonly ('crash' | 'power-cut' | 'hand-over' | MachineFault['do'])[]

/** Which faults a seed knows: alone they are seen more clearly, together they find what none finds alone. */
const tempers: readonly Temper[] = [
  ['crash'],
  ['power-cut'],
  ['cut-off'],
  ['crash', 'power-cut', 'reset'],
  ['cut-off', 'slow-link', 'reset'],
  ['crash', 'power-cut', 'cut-off', 'reset', 'slow-disk', 'slow-link'],
  ['hand-over'],
  ['hand-over', 'crash', 'power-cut', 'cut-off', 'reset', 'slow-disk', 'slow-link'],
]

function queuesOf(random: SimRandom): Pick<GroupPlan, 'queues' | 'retentionBytes'> {
  const queues = random.pick([0, 3])
  return { queues, retentionBytes: queues > 0 && random.chance(0.5) ? random.pick([1000, 5000]) : null }
}

/** What happens in a run, drawn from its seed before it begins. */
export function groupPlanOf(seed: number): GroupPlan {
  const random = new SimRandom(`group plan ${seed}`)
  const nodes = random.pick([3, 3, 3, 5])
  const membership = membershipOf(random, nodes)
  const temper = random.pick(tempers)
  const gapMs = random.pick([5, 20, 60])
  const faultChance = random.pick([0.02, 0.05, 0.1])
  // A leader that is taken out of the voters ends as one that dies does.
  const onlyHandsOver = membership === null && temper.every((fault) => fault === 'hand-over')
  const steps: PlannedStep<GroupAction>[] = []
  const count = 100 + random.integer(200)
  for (let atMs = 500; steps.length < count; atMs += random.between(0, 2 * gapMs)) {
    const isChange = membership !== null && random.chance(membership.chance)
    const isFault = random.chance(faultChance)
    const action = isFault ? faultOf(random, nodes, temper) : workOf(random, nodes)
    steps.push({ atMs, action: isChange ? changeOf(random, nodes, membership) : action })
  }
  return {
    nodes,
    voters: membership?.voters ?? nodes,
    // What changes of members and power cuts take together from the page cache, no group promises to survive.
    flushMessages: membership === null ? random.pick([1, 1, Number.MAX_SAFE_INTEGER]) : 1,
    segmentBytes: random.pick([300, 2000, 1_000_000]),
    // One batch an answer: so a replica has the last entry of one epoch and not yet the first of the next.
    answerBytesMax: random.pick([1, 1, 500, 1_000_000]),
    onlyHandsOver,
    hunt: onlyHandsOver ? null : huntOf(random),
    steps,
    ...queuesOf(random),
  }
}

interface Membership {
  readonly voters: number
  readonly chance: number
  readonly losesDisks: boolean
}

/** Half of the seeds change who votes. Null: the others. */
function membershipOf(random: SimRandom, nodes: number): Membership | null {
  if (random.chance(0.5)) return null
  const voters = random.pick([nodes, Math.min(3, nodes), 1 + random.integer(nodes)])
  return { voters, chance: random.pick([0.02, 0.05, 0.15]), losesDisks: random.chance(0.4) }
}

function changeOf(random: SimRandom, nodes: number, { losesDisks }: Membership): GroupAction {
  const node = 1 + random.integer(nodes)
  if (losesDisks && random.chance(0.2)) return { do: 'lose-disk', node, downMs: random.between(0, 500) }
  return { do: random.chance(0.55) ? 'add' : 'remove', node }
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
  const what = random.pick(temper)
  if (what === 'hand-over') return { do: what, to: 1 + random.integer(nodes) }
  if (what !== 'crash' && what !== 'power-cut') return machineFaultOf(random, what, nodes)
  const node = random.chance(0.5) ? 0 : 1 + random.integer(nodes)
  return { do: what, node, downMs: random.between(0, random.pick([20, 300, 2000])) }
}
