import type { BrokerId } from '../../replication/replica-id.ts'
import { electOf, type Scheme } from '../../replication/schemes.ts'
import { type ClusterImage, resourceTypes } from '../image.ts'
import type { MetadataRecord } from '../records.ts'
import { commitLogOf, topicNameFault } from '../topic-name.ts'
import type { Refused } from './decision.ts'
import { partitionRecord } from './placement.ts'

const schemeName = 'replication.scheme'
const syncBackupsName = 'replication.sync.backups'

/** What a commit log is, for all topics whose queues it holds: it is replicated, flushed, cut into segments and shortened as one. */
const ofTheLog = new Set([
  schemeName,
  syncBackupsName,
  'file.delete.delay.ms',
  'flush.messages',
  'flush.ms',
  'follower.replication.throttled.replicas',
  'index.interval.bytes',
  'internal.segment.bytes',
  'leader.replication.throttled.replicas',
  'preallocate',
  'retention.bytes',
  'retention.ms',
  'segment.bytes',
  'segment.index.bytes',
  'segment.jitter.ms',
  'segment.ms',
  'sync.backup.timeout.ms',
  'sync.on.timeout',
])

/** Settings of a commit log that stand at its topics as well, for those who ask what a topic promises. */
const ofBoth = new Set([schemeName, syncBackupsName, 'sync.on.timeout'])

/** What stands for a setting that has to be the same for log and topic, and is not given. */
const otherwise: Readonly<Record<string, string>> = {
  [schemeName]: 'isr',
  [syncBackupsName]: '0',
  'sync.on.timeout': 'none',
}

/** The settings of a topic's queues that belong to their commit log: at the topic they cannot be changed. */
export const belongsToCommitLog = (setting: string): boolean => ofTheLog.has(setting)

/** The broker group whose commit log holds queues of the topic, if they are such; null: its partitions have logs of their own. */
export function groupOfQueues(image: ClusterImage, topic: string): string | null {
  return image.topics.get(topic)?.partitions[0]?.group ?? null
}

/** The commit logs of broker groups, those included that the request at hand makes. */
export class CommitLogs {
  readonly #image: ClusterImage
  readonly #made = new Map<string, ReadonlyMap<string, string>>()

  constructor(image: ClusterImage) {
    this.#image = image
  }

  /** Whether the group has a commit log that is not replicated so. */
  differs(group: string, scheme: Scheme['name']): boolean {
    const settings = this.#settingsOf(group)
    return settings !== null && settings.get(schemeName) !== scheme
  }

  /** Why queues of such a topic cannot be in the commit log of that group; null: they can. */
  faultOf(group: string, configs: ReadonlyMap<string, string>): Refused<'invalid-config'> | null {
    const name = commitLogOf(group)
    const nameFault = topicNameFault(name)
    if (nameFault !== null) return refuse(`broker group '${group}' can have no commit log: ${nameFault}`)
    const settings = this.#settingsOf(group)
    if (settings === null) return null
    for (const [setting, wanted] of configs) {
      if (!ofTheLog.has(setting)) continue
      const has = settings.get(setting) ?? otherwise[setting] ?? null
      if (has === wanted) continue
      const found = has === null ? 'not set there' : `${has} there`
      return refuse(
        `${setting}=${wanted}: the queues of broker group '${group}' are in one commit log, and it is ${found}; that is set for ${name}`,
      )
    }
    return null
  }

  /** Makes the commit log of the group, unless there is one: what stands at both is then written into the settings as that log has it. */
  use(
    group: string,
    { replicas, configs, newId }: { replicas: readonly BrokerId[]; configs: Map<string, string>; newId: () => string },
  ): MetadataRecord[] {
    const before = this.#settingsOf(group)
    if (before !== null) {
      takeOfBoth(configs, before)
      return []
    }
    const settings = new Map([...configs].filter(([name]) => ofTheLog.has(name)))
    settings.set(schemeName, configs.get(schemeName) ?? 'isr')
    // Whatever brokers have as their default: records of many topics are not compacted together.
    settings.set('cleanup.policy', 'delete')
    this.#made.set(group, settings)
    const [name, topicId] = [commitLogOf(group), newId()]
    const elect = electOf(settings.get(schemeName) as Scheme['name'])
    return [
      { type: 'topic', name, topicId },
      ...[...settings].map(([setting, value]): MetadataRecord => {
        return { type: 'config', resourceType: resourceTypes.topic, resourceName: name, name: setting, value }
      }),
      partitionRecord(this.#image, { topicId, partition: 0, replicas, elect }),
    ]
  }

  #settingsOf(group: string): ReadonlyMap<string, string> | null {
    const name = commitLogOf(group)
    return this.#image.topics.has(name)
      ? this.#image.settings(resourceTypes.topic, name)
      : (this.#made.get(group) ?? null)
  }
}

/** Takes what belongs to the commit log out of the settings of a topic whose queues it holds, but for what stands at both. */
export function withoutThoseOfTheLog(configs: Map<string, string>, ofLog: ReadonlyMap<string, string>): void {
  takeOfBoth(configs, ofLog)
  for (const name of configs.keys()) if (ofTheLog.has(name) && !ofBoth.has(name)) configs.delete(name)
}

function takeOfBoth(configs: Map<string, string>, from: ReadonlyMap<string, string>): void {
  for (const name of ofBoth) {
    const value = from.get(name)
    if (value !== undefined) configs.set(name, value)
  }
}

const refuse = (message: string): Refused<'invalid-config'> => ({ code: 'invalid-config', message })
