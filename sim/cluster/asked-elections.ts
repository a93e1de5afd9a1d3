import { KafkaError } from '../../src/client/kafka-error.ts'
import { electLeaders } from '../../src/kafka/schema/elect-leaders.ts'
import { SimRandom } from '../../src/runtime/sim/sim-random.ts'
import type { SimWorld } from '../../src/runtime/sim/sim-world.ts'
import type { Caller } from '../kafka-link.ts'
import type { PlannedStep } from '../planned-steps.ts'

/** Somebody asks that preferred replicas lead, of all partitions that there are; or, of the topic that may lose records, whoever lives. */
export interface AskedElection {
  readonly do: 'elect'
  readonly type: 'preferred' | 'unclean'
}

/**
 * All that are in sync of a partition that may lose records go, one after the other: its leader last, and for longest. Whoever is back
 * before has less.
 */
export interface PlannedOutage {
  readonly do: 'outage'
  /** How long followers are away, how long the leader goes on alone, and how much longer it stays away. */
  readonly followersMs: number
  readonly aloneMs: number
  readonly longerMs: number
}

/** One in most runs, which may last longer than what else is planned. */
export function outagesPlanned(seed: number, forMs: number): PlannedStep<PlannedOutage>[] {
  const random = new SimRandom(`outages ${seed}`)
  const aloneMs = random.between(500, 2_000)
  const times = { aloneMs, followersMs: aloneMs + random.between(50, 500), longerMs: random.between(1_000, 6_000) }
  return random.chance(0.2) ? [] : [{ atMs: random.between(0, 0.6 * forMs), action: { do: 'outage', ...times } }]
}

/** The topic for which unclean elections are asked, and whose records may be lost by them. */
export const uncleanTopic = 'unclean'

const nameOf = (code: number): string => (code === 0 ? 'elected' : new KafkaError(code, '').codeName)

/** When somebody asks, in a run of so many ms: not at all, now and then, or all the time. */
export function electionsAsked(
  seed: number,
  forMs: number,
  { unclean }: { unclean: boolean },
): PlannedStep<AskedElection>[] {
  const random = new SimRandom(`elections ${seed}`)
  const everyMs = random.pick([null, 2_000, 200])
  const steps: PlannedStep<AskedElection>[] = []
  if (everyMs === null) return steps
  for (let atMs = random.between(0, everyMs); atMs < forMs; atMs += random.between(0, 2 * everyMs)) {
    const type = unclean && random.chance(0.3) ? 'unclean' : 'preferred'
    steps.push({ atMs, action: { do: 'elect', type } })
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
export async function askForElection(world: SimWorld, caller: Caller, type: AskedElection['type']): Promise<void> {
  const what = type === 'unclean' ? 'unclean election' : 'election'
  try {
    const named = [{ topic: uncleanTopic, partitions: [0, 1] }]
    const asked = {
      electionType: type === 'unclean' ? 1 : 0,
      topicPartitions: type === 'unclean' ? named : null,
      timeoutMs: 1_000,
    }
    const { errorCode, replicaElectionResults } = await caller.call(electLeaders, asked)
    if (errorCode !== 0) world.mark(`${what}: ${nameOf(errorCode)}`)
    for (const { partitionResult } of replicaElectionResults) {
      for (const { errorCode: code } of partitionResult) world.mark(`${what}: ${nameOf(code)}`)
    }
  } catch {
    // Nobody can be reached, or nobody answers in time: elections go on without.
    world.mark(`${what}: no answer`)
  }
}
