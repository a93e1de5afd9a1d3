import { SimRandom } from '../../src/runtime/sim/sim-random.ts'
import { movedTopic } from './planned-changes.ts'
import type { PlannedTopic } from '../workload.ts'

/** Has the queues of a topic's commit log besides, in some seeds. */
const sharingTopic = 'shared'

const replicas = 3

/**
 * Makes queues of commit logs of some topics that are not replicated by their in-sync sets, and another topic whose queues are in the same
 * log. Also what brokers are to be told of the groups.
 */
export function withQueues(
  seed: number,
  drawn: readonly PlannedTopic[],
  { brokers }: { brokers: number },
): { topics: PlannedTopic[]; settings: Readonly<Record<string, string>> } {
  const random = new SimRandom(`queues in the cluster plan ${seed}`)
  const groups = new Map<string, string>()
  const topics: PlannedTopic[] = []
  for (const topic of drawn) {
    // Whose replicas come and go is looked at by its name.
    const isKept = topic.settings['cleanup.policy'] === undefined && topic.name !== movedTopic
    const mayBe = topic.settings['replication.scheme'] !== 'isr' && isKept
    topics.push(mayBe && random.chance(0.5) ? inGroups(topic) : topic)
  }
  const sharing = topics.find(isOfQueues)
  if (sharing !== undefined && random.chance(0.5)) topics.push({ ...sharing, name: sharingTopic, partitions: 1 })
  if (groups.size === 0) return { topics, settings: {} }
  return { topics, settings: { 'broker.groups': [...groups].map(([name, members]) => `${name}:${members}`).join(',') } }

  function inGroups(topic: PlannedTopic): PlannedTopic {
    const names = Array.from({ length: random.pick([1, 2]) }, (_, at) => {
      const first = random.integer(brokers)
      const members = Array.from({ length: replicas }, (__, nth) => 1 + ((first + nth) % brokers))
      const name = `${topic.name}-${at + 1}`
      groups.set(name, members.join('+'))
      return name
    })
    return {
      ...topic,
      settings: { ...topic.settings, 'replication.unit': 'broker', 'replication.groups': names.join(',') },
    }
  }
}

/** Whether the partitions of the topic are queues of commit logs. */
export const isOfQueues = ({ settings }: PlannedTopic): boolean => settings['replication.unit'] === 'broker'

/** The broker groups that a topic is dealt over. */
export const groupsOf = ({ settings }: PlannedTopic): readonly string[] =>
  isOfQueues({ settings } as PlannedTopic) ? (settings['replication.groups'] ?? '').split(',') : []
