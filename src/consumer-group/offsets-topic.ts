import type { LeaderEpoch, Offset, Timestamp } from '../record/offset.ts'

/** Why an append to `__consumer_offsets` will not be committed by this leader. */
export type AppendRefusalCode = 'not-leader' | 'not-enough-replicas' | 'storage-failed' | 'too-large'

/** What `OffsetsPartition.append` rejects with. */
export class AppendRefused extends Error {
  readonly code: AppendRefusalCode

  constructor(code: AppendRefusalCode, options?: { cause?: unknown }) {
    super(`append to the offsets topic was refused: ${code}`, options)
    this.name = 'AppendRefused'
    this.code = code
  }
}

/** One record as it stands in `__consumer_offsets`. A null value deletes what the key names. */
export interface OffsetsRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

/** One partition of `__consumer_offsets` at its leader; given by the broker. */
export interface OffsetsPartition {
  readonly partition: number
  /**
   * Appends the records as one batch, in call order; resolves, in the same order, once committed (the high watermark
   * has passed them). Rejects with `AppendRefused` only once this leader will not commit them; it never gives up by
   * time, or the coordinator would not know what its log holds. The buffers are the partition's from the call on.
   */
  append(records: readonly OffsetsRecord[]): Promise<Offset>
  /**
   * Visits every data record from the log start up to the high watermark, in order. The buffers are views that hold
   * only during the visit.
   */
  load(
    visit: (record: OffsetsRecord & { readonly offset: Offset; readonly timestamp: Timestamp }) => void,
  ): Promise<void>
}

/** The topic that all groups and offsets live in; given by the broker. */
export interface OffsetsTopic {
  /** `offsets.topic.num.partitions`: fixed once the topic exists. */
  readonly partitions: number
  /** The partition, of which this broker has just become leader in `epoch`. Rejects with `AppendRefused`. */
  open(partition: number, epoch: LeaderEpoch): Promise<OffsetsPartition>
  /** Whether this broker still leads the partition as of now, which others confirm; false also when none does in time. */
  stillLed(partition: number): Promise<boolean>
}

/** The topics of the cluster, as far as offsets name them. Answers from the metadata image, without waiting. */
export interface TopicNames {
  /** Id (as the protocol's uuid) of the topic, or null when there is none of that name. */
  idOf(name: string): string | null
  /** Name of the topic, or null when there is none of that id. */
  nameOf(id: string): string | null
  /** Number of partitions, 0 when there is no such topic. */
  partitionsOf(name: string): number
}
