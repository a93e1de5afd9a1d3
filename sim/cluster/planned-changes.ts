import { KafkaError } from '../../src/client/kafka-error.ts'
import { alterPartitionReassignments } from '../../src/kafka/schema/alter-partition-reassignments.ts'
import { changeReplica } from '../../src/kafka/schema/own/change-replica.ts'
import { SimRandom } from '../../src/runtime/sim/sim-random.ts'
import type { SimWorld } from '../../src/runtime/sim/sim-world.ts'
import type { Caller } from '../kafka-link.ts'
import type { PlannedStep } from '../planned-steps.ts'
import type { PlannedTopic } from '../workload.ts'

/** Somebody asks that a broker have a replica of the topic whose replicas come and go, or have it no more. */
interface PlannedMember {
  readonly do: 'change-replica'
  readonly what: 'add' | 'remove'
  readonly node: number
}

/** Or that all of them stand elsewhere; null: no more. */
interface PlannedMove {
  readonly do: 'reassign'
  readonly to: readonly number[] | null
}

export type PlannedChange = PlannedMember | PlannedMove

/** Whose replicas come and go: down to one, which then is all that there is. */
export const movedTopic = 'moved'

/** In some seeds, of those in which no machine loses what it had: of one replica that would be all. Made with one, or with three. */
export function movedTopicOf(seed: number, { mayLose }: { mayLose: boolean }): PlannedTopic | null {
  const random = new SimRandom(`moved ${seed}`)
  if (mayLose || random.chance(0.5)) return null
  const settings = {
    'internal.segment.bytes': random.pick(['300', '1000000000']),
    'index.interval.bytes': '4096',
    'min.insync.replicas': '1',
    'replication.scheme': random.pick(['isr', 'isr', 'primary-backup', 'majority']),
    'replication.sync.backups': '0',
  }
  return { name: movedTopic, partitions: 1, flushed: false, settings, replicationFactor: random.pick([1, 1, 3]) }
}

export function changesPlanned(
  seed: number,
  forMs: number,
  { brokers }: { brokers: number },
): PlannedStep<PlannedChange>[] {
  const random = new SimRandom(`changes of replicas ${seed}`)
  const everyMs = random.pick([50, 300])
  const steps: PlannedStep<PlannedChange>[] = []
  for (let atMs = random.between(0, everyMs); atMs < forMs; atMs += random.between(0, 2 * everyMs)) {
    const what = random.pick(['add', 'remove', 'reassign', 'call off'] as const)
    if (what === 'reassign') steps.push({ atMs, action: { do: what, to: someOf(random, brokers) } })
    else if (what === 'call off') steps.push({ atMs, action: { do: 'reassign', to: null } })
    else steps.push({ atMs, action: { do: 'change-replica', what, node: 1 + random.integer(brokers) } })
  }
  return steps
}

/** One to three of the brokers, in any order. */
function someOf(random: SimRandom, brokers: number): number[] {
  const left = Array.from({ length: brokers }, (_, at) => at + 1)
  const count = 1 + random.integer(3)
  return Array.from({ length: count }, () => left.splice(random.integer(left.length), 1)[0] as number)
}

/** Asks once; what comes of it is noted as marks. */
export async function askForChange(world: SimWorld, caller: Caller, planned: PlannedChange): Promise<void> {
  const what = planned.do === 'reassign' ? (planned.to === null ? 'call off' : 'reassign') : planned.what
  try {
    const { errorCode, changed } = await asked(caller, planned)
    if (errorCode !== 0) world.mark(`replica: ${what}: ${new KafkaError(errorCode, '').codeName}`)
    else if (changed) world.mark(`replica: ${what}`)
  } catch {
    // Nobody can be reached, or nobody answers in time.
    world.mark(`replica: ${what}: no answer`)
  }
}

async function asked(caller: Caller, planned: PlannedChange): Promise<{ errorCode: number; changed: boolean }> {
  if (planned.do === 'change-replica') {
    const { what, node: brokerId } = planned
    return await caller.call(changeReplica, { topic: movedTopic, partition: 0, brokerId, add: what === 'add' })
  }
  const replicas = planned.to === null ? null : [...planned.to]
  const topics = [{ name: movedTopic, partitions: [{ partitionIndex: 0, replicas }] }]
  const answer = await caller.call(alterPartitionReassignments, { topics })
  return { errorCode: answer.responses[0]?.partitions[0]?.errorCode ?? answer.errorCode, changed: true }
}
