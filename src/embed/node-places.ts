import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatLogDirectory } from '../log/format-log-directory.ts'
import { decodeMetaProperties, metaPropertiesName, newUuid } from '../log/meta-properties.ts'
import { freePort } from '../runtime/node/free-port.ts'
import { nodeRandom } from '../runtime/node/node-random.ts'
import { openNodeRuntime } from '../runtime/node/node-runtime.ts'
import { firstControllerId, quorumShape } from '../server/quorum-shape.ts'

const host = '127.0.0.1'

/** Where a node of an embedded cluster keeps its data, and what makes it a part of the cluster. */
export interface NodePlace {
  readonly id: number
  readonly folder: string
  readonly settings: Readonly<Record<string, string>>
}

/** The nodes of a cluster below `root`, laid out as `trilog up` does. The folder keeps its number of brokers. */
export async function nodePlaces(
  root: string,
  count: number,
): Promise<{ brokers: readonly NodePlace[]; controllers: readonly NodePlace[] }> {
  await mkdir(root, { recursive: true })
  const before = (await readdir(root)).filter((name) => /^broker-\d+$/.test(name)).length
  if (before > 0 && before !== count) {
    throw new Error(`${root} was made with ${before} brokers, not ${count}: give another folder`)
  }
  const folderOf = (name: string): string => join(root, name, 'data')
  const ids = Array.from({ length: count }, (_, index) => index + 1)
  if (count === 1) return { brokers: [{ id: 1, folder: folderOf('broker-1'), settings: {} }], controllers: [] }
  const shape = quorumShape(count, 0)
  const brokers = ids.map((id) => ({ id, folder: folderOf(`broker-${id}`) }))
  const controllers = Array.from({ length: shape.controllers }, (_, index) => {
    return { id: firstControllerId + index, folder: folderOf(`controller-${index + 1}`) }
  })
  const cluster = await joined([...brokers, ...controllers], shape.voters)
  const factor = `${Math.min(3, count)}`
  const common = {
    ...cluster.settings,
    'default.replication.factor': factor,
    'offsets.topic.replication.factor': factor,
    ...(count >= 3 ? { 'min.insync.replicas': '2' } : {}),
  }
  const place = ({ id, folder }: { id: number; folder: string }, roles: string): NodePlace => {
    const own = { 'process.roles': roles, 'peer.listener': `${host}:${cluster.portOf(id)}` }
    return { id, folder, settings: { ...common, ...own } }
  }
  return {
    brokers: brokers.map((broker) => place(broker, shape.voters.includes(broker.id) ? 'broker,controller' : 'broker')),
    controllers: controllers.map((controller) => place(controller, 'controller')),
  }
}

/** Makes the folders, and picks the ports at which their nodes reach each other. */
async function joined(
  nodes: readonly { id: number; folder: string }[],
  voters: readonly number[],
): Promise<{ settings: Record<string, string>; portOf(id: number): number }> {
  const clusterId = (await clusterIdIn(nodes[0]?.folder ?? '')) ?? newUuid(nodeRandom)
  const runtime = await openNodeRuntime({ log: { level: 'silent', pretty: false } })
  const ports = new Map<number, number>()
  const named: string[] = []
  for (const { id, folder } of nodes) {
    const port = await freePort(new Set(ports.values()))
    ports.set(id, port)
    const directoryId = await formatLogDirectory(runtime, folder, { nodeId: id, clusterId })
    if (voters.includes(id)) named.push(`${id}@${host}:${port}:${directoryId}`)
  }
  const settings = { 'cluster.id': clusterId, 'controller.quorum.voters': named.join(',') }
  return { settings, portOf: (id) => ports.get(id) ?? 0 }
}

/** Null: the folder is new. */
async function clusterIdIn(folder: string): Promise<string | null> {
  try {
    return decodeMetaProperties(await readFile(join(folder, metaPropertiesName)), folder).clusterId
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
