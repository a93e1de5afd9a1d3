import { SimRandom } from '../src/runtime/sim/sim-random.ts'

export interface PlannedTopic {
  readonly name: string
  readonly partitions: number
  /** `flush.messages=1`: every acknowledged record is synced. */
  readonly flushed: boolean
}

export interface PlannedProducer {
  readonly name: string
  readonly idempotent: boolean
  readonly acks: 0 | 1 | -1
}

export type PlannedAction =
  | { do: 'produce'; producer: number; topic: number; partition: number; records: number; valueBytes: number }
  | { do: 'read'; topic: number; partition: number; fromStart: boolean }
  | { do: 'commit'; group: string; topic: number; partition: number }
  | { do: 'crash' | 'power-cut' | 'stop'; downMs: number }
  | { do: 'reset-connections' }
  | { do: 'slow-disk'; times: number; forMs: number }

export interface PlannedStep {
  /** Virtual ms after the topics were made. */
  readonly atMs: number
  readonly action: PlannedAction
}

/** Everything that a run will do to one broker: a pure function of its seed. */
export interface Workload {
  readonly topics: readonly PlannedTopic[]
  readonly producers: readonly PlannedProducer[]
  readonly groups: readonly string[]
  /** By time. */
  readonly steps: readonly PlannedStep[]
}

/** Draws a workload. Each seed has a temper of its own: how dense, how large, and which faults how often. */
export function workloadOf(seed: number): Workload {
  const random = new SimRandom(`workload ${seed}`)
  const topics: PlannedTopic[] = [
    { name: 'synced', partitions: 1 + random.integer(2), flushed: true },
    { name: 'cached', partitions: 1 + random.integer(2), flushed: false },
  ]
  const producers: PlannedProducer[] = [
    { name: 'once', idempotent: true, acks: -1 },
    { name: 'all', idempotent: false, acks: -1 },
    { name: 'leader', idempotent: false, acks: 1 },
    { name: 'none', idempotent: false, acks: 0 },
  ]
  const groups = ['readers']
  const gapMs = random.pick([1, 5, 20])
  const largestValue = random.pick([20, 200, 5000])
  const mostRecords = random.pick([1, 5, 50])
  const faultChance = random.pick([0.01, 0.03, 0.1])
  const faults = random.pick([['crash'], ['power-cut'], ['crash', 'power-cut', 'stop'], ['power-cut', 'stop']] as const)
  const steps: PlannedStep[] = []
  const count = 60 + random.integer(140)
  for (let atMs = random.between(0, gapMs); steps.length < count; atMs += random.between(0, 2 * gapMs)) {
    steps.push({ atMs, action: actionOf() })
  }
  return { topics, producers, groups, steps }

  function actionOf(): PlannedAction {
    if (random.chance(faultChance)) return faultOf()
    const topic = random.integer(topics.length)
    const partition = random.integer(topics[topic]?.partitions ?? 1)
    const kind = random.float()
    if (kind < 0.15) return { do: 'read', topic, partition, fromStart: random.chance(0.3) }
    if (kind < 0.2) return { do: 'commit', group: random.pick(groups), topic, partition }
    const records = 1 + random.integer(mostRecords)
    const valueBytes = 1 + random.integer(largestValue)
    return { do: 'produce', producer: random.integer(producers.length), topic, partition, records, valueBytes }
  }

  function faultOf(): PlannedAction {
    if (random.chance(0.1)) return { do: 'reset-connections' }
    if (random.chance(0.1)) return { do: 'slow-disk', times: random.pick([5, 50]), forMs: random.between(10, 500) }
    return { do: random.pick(faults), downMs: random.between(0, 200) }
  }
}
