import type { HistoryEvent, ReadRecord } from '../history.ts'
import { uncleanTopic } from './asked-elections.ts'

/** Whether a partition, by `topic/partition`, may lose what was acknowledged by all in sync. */
export const mayLose = (partition: string): boolean => partition.startsWith(`${uncleanTopic}/`)

/** What is left of a history without the partitions that may lose: nothing of the rest is promised less for them. */
export function withoutUnclean(events: readonly HistoryEvent[]): HistoryEvent[] {
  const sends = new Set(
    events.flatMap((event) => (event.type === 'sent' && mayLose(event.partition) ? [event.send] : [])),
  )
  return events.filter((event) => {
    if ('send' in event) return !sends.has(event.send)
    return !((event.type === 'read' || event.type === 'deleting') && mayLose(event.partition))
  })
}

export function logsWithoutUnclean(
  logs: ReadonlyMap<string, readonly ReadRecord[]>,
): Map<string, readonly ReadRecord[]> {
  return new Map([...logs].filter(([partition]) => !mayLose(partition)))
}
