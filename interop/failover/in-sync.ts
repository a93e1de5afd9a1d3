import { setTimeout as sleep } from 'node:timers/promises'
import type { LocalBrokers } from './local-brokers.ts'

/** Until every partition of the topic is led and all its replicas are in sync. */
export async function inSync({ client }: LocalBrokers, topic: string, withinMs: number): Promise<void> {
  for (const end = performance.now() + withinMs; ; await sleep(100)) {
    const { topics } = await client.describe([topic]).catch(() => ({ topics: [] }))
    const partitions = topics[0]?.partitions ?? []
    const isWhole = partitions.every((each) => each.leader >= 0 && each.inSync.length === each.replicas.length)
    if (partitions.length > 0 && isWhole) return
    if (performance.now() > end) throw new Error(`${topic} is not whole again within ${withinMs} ms`)
  }
}
