import type { Cleaning } from './check-cleaned.ts'

/**
 * What clients saw, in the order of virtual time: all that the checker knows of a run. `era` is how many power cuts had
 * been when the request was begun, `eraThrough` when its answer came: the broker gave it in one of these.
 */
export type HistoryEvent =
  /** First attempt of a batch. Every value of a run is unique. */
  | {
      type: 'sent'
      send: number
      producer: string
      partition: string
      values: readonly string[]
      /** Of each value; left out: they have none. */
      keys?: readonly string[]
      acks: 0 | 1 | -1
    }
  /** The same batch again, by a producer that is not idempotent or by one that is. */
  | { type: 'sent-again'; send: number }
  | { type: 'acknowledged'; send: number; baseOffset: number; era: number; eraThrough: number }
  /** No answer, or an error: the batch may be stored or not. */
  | { type: 'unknown'; send: number }
  | {
      type: 'read'
      partition: string
      from: number
      records: readonly ReadRecord[]
      era: number
      eraThrough: number
    }
  /** A commit sets out. */
  | { type: 'committing'; group: string; partition: string }
  | { type: 'committed'; group: string; partition: string; offset: number; era: number; eraThrough: number }
  /** No answer: the offset may be committed or not, now or a little later. */
  | { type: 'commit-unknown'; group: string; partition: string; offset: number }
  /** What the group's coordinator answers; -1 for none. */
  | { type: 'committed-read'; group: string; partition: string; offset: number; era: number; eraThrough: number }
  /** Somebody asks for the records below that offset to be deleted; whether they are is not known. */
  | { type: 'deleting'; partition: string; before: number }
  /** A topic was to be made or deleted; `answered` when that has been confirmed. */
  | { type: 'topic'; name: string; wanted: 'made' | 'deleted'; answered: boolean }
  /** A member of a group has these partitions in this generation. */
  | {
      type: 'owns'
      group: string
      member: string
      generation: number
      partitions: readonly string[]
      era: number
      eraThrough: number
    }
  /** The member owns nothing any more: it is about to join again, or gone, or was told so, or nobody answered it. */
  | { type: 'gives-up'; group: string; member: string }
  /** The broker's clock jumps over the time for which some topics keep records, and offsets may be kept. */
  | { type: 'aged' }
  | { type: 'fault'; fault: 'crash' | 'power-cut' }
  /** The broker has stopped cleanly: everything was synced. */
  | { type: 'stopped' }
  /** The broker begins to start again, on logs that end so: partition to the offset behind the last whole batch. */
  | { type: 'started'; ends: Readonly<Record<string, number>> }
  /** Clients can work, and the logs end so. */
  | { type: 'up'; ends: Readonly<Record<string, number>> }

export interface ReadRecord {
  readonly offset: number
  readonly value: string
  /** Left out by models of a broker that know of none. */
  readonly timestamp?: number
}

const controlMark = 'control batch of epoch '

/** What stands for a control batch among the values: leaders write them, no producer. */
export const controlValueOf = (epoch: number): string => `${controlMark}${epoch}`

export const isControlValue = (value: string): boolean => value.startsWith(controlMark)

/** A run and what was in the logs when it was over, all faults healed. */
export interface History {
  readonly events: readonly HistoryEvent[]
  /** Partitions whose topic has `flush.messages=1`: an acknowledgement means synced. */
  readonly flushedPartitions: ReadonlySet<string>
  readonly idempotentProducers: ReadonlySet<string>
  /** Partitions whose topic lets records go by itself, and which. */
  readonly cleaned?: ReadonlyMap<string, Cleaning>
  /** Partition to everything in it at the end, from its log start on. */
  readonly finalLogs: ReadonlyMap<string, readonly ReadRecord[]>
  /** Names of the topics at the end. */
  readonly finalTopics: ReadonlySet<string>
  /** By partition: the lowest offset that the broker says may have been lost. Null: it keeps no receipts. */
  readonly receipts: ReadonlyMap<string, number> | null
  /** One broker coordinates all groups. Left out: several do. */
  readonly isOneCoordinator?: boolean
  /** Offsets expire when the clock jumps. Left out: they do not. */
  readonly offsetsExpire?: boolean
}

export type ViolationCode =
  | 'invented value'
  | 'hole'
  | 'loss without a receipt'
  | 'topic lost'
  | 'topic back'
  | 'wrong refusal'
  | 'failed request'
  | 'offset reused'
  | 'lost'
  /** A record that was deleted is there again. */
  | 'back'
  | 'lost from the middle'
  | 'duplicate'
  | 'reordered'
  | 'torn batch'
  | 'commit went back'
  | 'offset of a deleted topic'
  | 'two owners'
  | 'generation went back'
  | 'wrong offset for a time'
  | 'not live'
  | 'ended itself'
  | 'uncaught error'
  // Of replication groups.
  | 'two leaders'
  | 'committed entries lost'
  | 'committed history differs'
  | 'logs differ'
  | 'voters differ'
  | 'early read'
  | 'cut by a hand-over'
  | 'cut without a receipt'
  | 'receipt is not the cut'
  | 'did not start'

export interface Violation {
  readonly code: ViolationCode
  /** Empty when it is about the broker as a whole. */
  readonly partition: string
  /** What was seen, in one sentence. */
  readonly detail: string
}
