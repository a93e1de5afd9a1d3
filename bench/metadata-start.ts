import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plainTable } from '../interop/table.ts'
import { check } from '../src/client/kafka-error.ts'
import { startCluster } from '../src/embed/start-cluster.ts'
import { createTopics } from '../src/kafka/schema/create-topics.ts'
import { incrementalAlterConfigs } from '../src/kafka/schema/incremental-alter-configs.ts'
import { machine } from './machine.ts'
import { openConnection } from './scale/idle-connections.ts'

export interface MetadataStartOptions {
  changes: number
  snapshotBytes: number
}

const metadataFolder = '__cluster_metadata-0'
const topics = 100
const requestMs = 60_000
const topicResource = 2
const set = 0
const starts = 3

interface Seen {
  readonly logBytes: number
  readonly snapshotBytes: number
  readonly startMs: number
}

/** Prints what many changes of the metadata leave on the disk, and cost a start, with snapshots and without. */
export async function runMetadataStart({ changes, snapshotBytes }: MetadataStartOptions): Promise<void> {
  const table = plainTable(['after that many changes', 'metadata log, kB', 'snapshots, kB', 'start, ms (median of 3)'])
  const rows: [string, number][] = [
    ['without a snapshot', Number.MAX_SAFE_INTEGER],
    [`a snapshot every ${snapshotBytes / 1024} KiB`, snapshotBytes],
  ]
  for (const [what, between] of rows) {
    const { logBytes, snapshotBytes: kept, startMs } = await measure(changes, between)
    table.push([what, Math.round(logBytes / 1000), Math.round(kept / 1000), Math.round(startMs)])
  }
  process.stdout.write(`${machine()}\n${changes} changes of the settings of ${topics} topics\n${table}\n`)
}

async function measure(changes: number, between: number): Promise<Seen> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'trilog-metadata-'))
  const settings = { 'metadata.log.max.record.bytes.between.snapshots': between }
  try {
    const first = await startCluster({ dataFolder, settings })
    await change(first.bootstrapServers[0] ?? '', changes)
    await first.stop()
    const times: number[] = []
    for (let start = 0; start < starts; start++) {
      const begun = performance.now()
      const cluster = await startCluster({ dataFolder, settings })
      times.push(performance.now() - begun)
      await cluster.stop()
    }
    const sizes = await metadataSizes(dataFolder)
    return { ...sizes, startMs: times.sort((one, other) => one - other)[1] as number }
  } finally {
    await rm(dataFolder, { recursive: true })
  }
}

/** A hundred to a request: each is a record, and so a change, of its own. */
async function change(bootstrap: string, changes: number): Promise<void> {
  const [host = '', port] = bootstrap.split(':')
  const connection = await openConnection({ address: { host, port: Number(port) } })
  const names = Array.from({ length: topics }, (_, at) => `topic-${at}`)
  const made = names.map((name) => ({ name, numPartitions: 1, replicationFactor: 1 }))
  await connection.call(createTopics, { topics: made, timeoutMs: requestMs }, { timeoutMs: requestMs })
  for (let done = 0; done < changes; done += topics) {
    const configs = [{ name: 'retention.ms', configOperation: set, value: `${1_000_000 + done}` }]
    const resources = names.map((resourceName) => ({ resourceType: topicResource, resourceName, configs }))
    const { responses } = await connection.call(incrementalAlterConfigs, { resources }, { timeoutMs: requestMs })
    for (const { errorCode } of responses) check(errorCode, 'changing a topic')
  }
  connection.close()
}

async function metadataSizes(dataFolder: string): Promise<{ logBytes: number; snapshotBytes: number }> {
  let logBytes = 0
  let snapshotBytes = 0
  for (const name of await readdir(dataFolder, { recursive: true })) {
    if (!name.includes(metadataFolder)) continue
    const { size } = await stat(join(dataFolder, name))
    if (name.endsWith('.log')) logBytes += size
    if (name.endsWith('.checkpoint')) snapshotBytes += size
  }
  return { logBytes, snapshotBytes }
}
