import type { Log } from '../log/log.ts'
import type { LogEvents, LogSettings } from '../log/log-settings.ts'
import type { ReplicaReceipts } from '../receipt/cut-receipts.ts'

/** A partition's log by name; `topicId` tells a topic from an earlier one of the same name. */
export interface LogName {
  readonly topic: string
  readonly partition: number
  readonly topicId: string
}

/** Where the logs of partitions come from and go. */
export interface PartitionLogs {
  /** Opens the log, or makes it if this broker has never hosted the partition. */
  open(name: LogName, settings: LogSettings, events: LogEvents): Promise<Log>
  /** Where what the partition's replica cuts is written down. */
  receiptsFor(name: LogName): ReplicaReceipts
  /** The folder of a partition that is open. */
  folderOf(name: Omit<LogName, 'topicId'>): string
  /** Closes the log and removes its folder. */
  delete(name: Omit<LogName, 'topicId'>): Promise<void>
  /** Makes log start offsets durable. Without it a crash may bring deleted records back. */
  checkpoint(): Promise<void>
}
