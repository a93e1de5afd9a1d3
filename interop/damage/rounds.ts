import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../child.ts'
import type { DamagedCluster } from './damaged-cluster.ts'
import { flipBit, tearEnd } from './segment-files.ts'

/** What is done to one broker, to its copies of all topics at once, and how it is seen that it was noticed and mended. */
export interface Round {
  readonly name: string
  readonly about: string
  /** Null when it can be done here, else why not. */
  missing?(cluster: DamagedCluster, broker: number): Promise<string | null>
  /** Resolves when it is done and the broker may work again. */
  inflict(cluster: DamagedCluster, broker: number, topics: readonly string[]): Promise<void>
  /** Words of a line that the broker must log of each topic, and once everything is mended. */
  readonly detected: readonly string[]
  readonly mended: readonly string[]
  /** Those that do not name a topic. */
  readonly once?: true
}

const partitionOf = (cluster: DamagedCluster, broker: number, topic: string): string =>
  join(cluster.dataOf(broker), `${topic}-0`)

const fullMs = 3_000
const diskSize = '64m'

const caughtUp = 'a suspect replica has caught up and counts again'

export const rounds: readonly Round[] = [
  {
    name: 'bits',
    about: 'a bit of a segment flips while the broker runs',
    async inflict(cluster, broker, topics) {
      for (const topic of topics) await flipBit(partitionOf(cluster, broker, topic))
    },
    detected: ['a part of the log is damaged and is not served'],
    mended: ['a damaged replica is repaired'],
  },
  {
    name: 'folder',
    about: 'the folders are deleted after a kill -9',
    async inflict(cluster, broker, topics) {
      await cluster.kill(broker)
      for (const topic of topics) await rm(partitionOf(cluster, broker, topic), { recursive: true })
      await cluster.startAgain(broker)
    },
    detected: [caughtUp],
    mended: [caughtUp],
  },
  {
    name: 'torn',
    about: 'the last batches lose their end after a clean stop',
    async inflict(cluster, broker, topics) {
      await cluster.stop(broker)
      for (const topic of topics) await tearEnd(partitionOf(cluster, broker, topic))
      await cluster.startAgain(broker)
    },
    detected: [caughtUp],
    mended: [caughtUp],
  },
  {
    name: 'full',
    about: `its disk of ${diskSize} is full for ${fullMs / 1000} s`,
    async missing(cluster, broker) {
      const probe = `${cluster.dataOf(broker)}-probe`
      const script = `mkdir ${probe} && mount -t tmpfs -o size=1m tmpfs ${probe} && umount ${probe}; code=$?; rmdir ${probe}; exit $code`
      const { code } = await run('sh', ['-c', script], { timeoutMs: 10_000 })
      return code === 0 ? null : 'no tmpfs may be mounted here'
    },
    async inflict(cluster, broker) {
      await ontoSmallDisk(cluster, broker)
      const filler = join(cluster.dataOf(broker), 'filler')
      await run('sh', ['-c', `head -c ${diskSize} /dev/zero > ${filler}`], { timeoutMs: 30_000 })
      await new Promise((resolve) => setTimeout(resolve, fullMs))
      await rm(filler)
    },
    detected: ['the disk has failed: this broker gives up what it has'],
    mended: ['the disk can be used again: it starts anew'],
    once: true,
  },
  {
    name: 'empty',
    about: 'it comes back with an empty disk after a kill -9',
    async inflict(cluster, broker) {
      await cluster.kill(broker)
      const data = cluster.dataOf(broker)
      for (const name of await readdir(data)) await rm(join(data, name), { recursive: true })
      await cluster.startAgain(broker)
    },
    detected: ['the broker is ready'],
    mended: ['the broker is ready'],
    once: true,
  },
]

async function ontoSmallDisk(cluster: DamagedCluster, broker: number): Promise<void> {
  const data = cluster.dataOf(broker)
  await cluster.stop(broker)
  await rename(data, `${data}-before`)
  const script = `mkdir ${data} && mount -t tmpfs -o size=${diskSize} tmpfs ${data} && cp -a ${data}-before/. ${data}/ && rm -r ${data}-before`
  const { code, stderr } = await run('sh', ['-c', script], { timeoutMs: 30_000 })
  if (code !== 0) throw new Error(`a small disk could not be made: ${stderr}`)
  await cluster.startAgain(broker)
}
