/** What the metadata log tells of brokers that were taken for gone, and of partitions that paid for it. */
export interface MetadataEvents {
  /** Brokers that were fenced, or that registered anew. */
  readonly fences: number
  readonly leaderChanges: number
  /** In-sync sets that became smaller. */
  readonly shrinks: number
}

interface PartitionState {
  readonly leader: number
  readonly inSync: number
}

/** The parts that matter of what a record of the metadata log says, as `trilog log dump --records --json` prints it. */
interface Decoded {
  readonly type: string
  readonly fenced?: boolean
  readonly topicId?: string
  readonly partition?: number
  readonly leader?: number
  readonly inSync?: readonly number[]
}

/** Counts what has happened from an offset of the metadata log on; the lines are those of the whole log. */
export function metadataEvents(lines: readonly string[], from: number): MetadataEvents {
  const states = new Map<string, PartitionState>()
  const events = { fences: 0, leaderChanges: 0, shrinks: 0 }
  for (const line of lines) {
    const { offset, decoded } = JSON.parse(line) as { offset?: number; decoded?: Decoded }
    if (offset === undefined || decoded === undefined) continue
    const isCounted = offset >= from
    const isFence = decoded.type === 'register-broker' || (decoded.type === 'broker-change' && decoded.fenced === true)
    if (isCounted && isFence) events.fences++
    if (decoded.type !== 'partition' && decoded.type !== 'partition-change') continue
    const key = `${decoded.topicId}:${decoded.partition}`
    const before = states.get(key)
    const now = { leader: decoded.leader ?? -1, inSync: decoded.inSync?.length ?? 0 }
    states.set(key, now)
    if (!isCounted || before === undefined) continue
    if (now.leader !== before.leader) events.leaderChanges++
    if (now.inSync < before.inSync) events.shrinks++
  }
  return events
}
