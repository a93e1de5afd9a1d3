import { KafkaError } from '../../src/client/kafka-error.ts'
import { electLeaders } from '../../src/kafka/schema/elect-leaders.ts'
import { SimRandom } from '../../src/runtime/sim/sim-random.ts'
import type { SimWorld } from '../../src/runtime/sim/sim-world.ts'
import type { Caller } from '../kafka-link.ts'
import type { PlannedStep } from '../planned-steps.ts'

/** Somebody asks that preferred replicas lead, of all partitions that there are. */
export interface AskedElection {
  readonly do: 'elect'
}

const nameOf = (code: number): string => (code === 0 ? 'elected' : new KafkaError(code, '').codeName)

/** When somebody asks, in a run of so many ms: not at all, now and then, or all the time. */
export function electionsAsked(seed: number, forMs: number): PlannedStep<AskedElection>[] {
  const random = new SimRandom(`elections ${seed}`)
  const everyMs = random.pick([null, 2_000, 200])
  const steps: PlannedStep<AskedElection>[] = []
  if (everyMs === null) return steps
  for (let atMs = random.between(0, everyMs); atMs < forMs; atMs += random.between(0, 2 * everyMs)) {
    steps.push({ atMs, action: { do: 'elect' } })
  }
  return steps
}

/** In half of the seeds brokers look every second by themselves whether preferred replicas lead. */
export function balanceSettings(seed: number): Readonly<Record<string, string>> {
  const isOn = new SimRandom(`balance ${seed}`).chance(0.5)
  if (!isOn) return { 'auto.leader.rebalance.enable': 'false' }
  return { 'leader.imbalance.check.interval.seconds': '1', 'leader.imbalance.per.broker.percentage': '0' }
}

/** Asks once; what comes of it is noted as marks. */
export async function askForElection(world: SimWorld, caller: Caller): Promise<void> {
  try {
    const asked = { electionType: 0, topicPartitions: null, timeoutMs: 1_000 }
    const { errorCode, replicaElectionResults } = await caller.call(electLeaders, asked)
    if (errorCode !== 0) world.mark(`election: ${nameOf(errorCode)}`)
    for (const { partitionResult } of replicaElectionResults) {
      for (const { errorCode: code } of partitionResult) world.mark(`election: ${nameOf(code)}`)
    }
  } catch {
    // Nobody can be reached, or nobody answers in time: elections go on without.
    world.mark('election: no answer')
  }
}
