import type { Offset } from '../../record/offset.ts'

/** A queue of a commit log: a partition of a topic, by what never changes. */
export interface QueueName {
  readonly topicId: string
  /** From 0. */
  readonly partition: number
}

export const queueKey = ({ topicId, partition }: QueueName): string => `${topicId}:${partition}`

export function nameOfKey(key: string): QueueName {
  const [topicId = '', partition] = key.split(':')
  return { topicId, partition: Number(partition) }
}

/** Whose a frame of the commit log is, and the queue offset of its first record; null: the group's own, of no queue. */
export type FramePlace = (QueueName & { readonly offset: Offset }) | null

/** The same, for whoever writes it. */
export type FrameTarget = { readonly topicIdBytes: Buffer; readonly partition: number; readonly offset: Offset } | null
