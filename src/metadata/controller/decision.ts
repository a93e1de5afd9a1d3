import type { Scheme } from '../../replication/schemes.ts'
import type { Random } from '../../runtime/random.ts'
import type { ClusterImage } from '../image.ts'
import type { MetadataRecord } from '../records.ts'

/**
 * What the controller answers to a request: the records that change the image, and the answer that is given once they are
 * committed. Nothing changes before that; no records: nothing changes at all.
 */
export interface Decision<Answer> {
  readonly records: readonly MetadataRecord[]
  readonly answer: Answer
}

/** What the settings of a topic say that the controller acts by. */
export interface TopicRules {
  /** Who decides on the leaders of its partitions. */
  readonly elect: Scheme['elect']
  readonly minInSyncReplicas: number
}

/** What a decision may look at. It must not change the image. */
export interface DecisionContext {
  readonly image: ClusterImage
  readonly random: Random
  /** Of a topic in the image, by its settings in force. */
  readonly rulesOf: (topic: string) => TopicRules
}

/** Why a topic, partition or setting is refused. `message` is for the person who asked. */
export interface Refused<Code extends string> {
  readonly code: Code
  readonly message: string
}
