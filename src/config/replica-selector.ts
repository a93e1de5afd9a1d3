import type { Parsed } from './setting.ts'

/** Which replica consumers are sent to; null: they read at the leader. */
export type ReplicaSelector = 'rack-aware' | null

const kafkas = 'org.apache.kafka.common.replica.'

const byName: ReadonlyMap<string, ReplicaSelector> = new Map([
  ['', null],
  ['leader', null],
  [`${kafkas}LeaderSelector`, null],
  ['rack-aware', 'rack-aware'],
  [`${kafkas}RackAwareReplicaSelector`, 'rack-aware'],
])

export const selectorForm = `rack-aware, leader, or Kafka's names for them: ${kafkas}RackAwareReplicaSelector, ${kafkas}LeaderSelector`

/** Classes of one's own cannot be loaded: only the two that Kafka has. */
export function parseReplicaSelector(text: string): Parsed<ReplicaSelector> {
  const value = byName.get(text)
  return value === undefined ? { problem: `is none of ${selectorForm}` } : { value, text }
}
