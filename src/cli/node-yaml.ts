import type { ClusterPlan } from './cluster-plan.ts'
import type { NodeFolder } from './node-folder.ts'
import { ringGroups } from './ring-groups.ts'

const host = '127.0.0.1'

/** A voter of the metadata log, and the folder that its vote belongs to. */
export interface VoterFolder {
  readonly id: number
  readonly peer: number
  readonly directoryId: string
}

/** The settings that a node of a local cluster is made with, as YAML. */
export function nodeYaml(node: NodeFolder, plan: ClusterPlan, voters: readonly VoterFolder[]): string {
  return `# Settings of this ${node.kind}; \`docs/configuration.md\` lists them all. Written once: change what you like.
node.id: ${node.id}
${clusterLines(node, plan, voters)}${node.kind === 'broker' ? brokerLines(node, plan) : ''}# From the folder of this file.
log.dirs: data
${replicationLines(plan)}${node.kind === 'broker' ? groupLines : ''}`
}

function clusterLines(node: NodeFolder, { clusterId, voters }: ClusterPlan, folders: readonly VoterFolder[]): string {
  if (clusterId === null) return ''
  const roles = [node.kind, ...(node.kind === 'broker' && voters.includes(node.id) ? ['controller'] : [])]
  return `cluster.id: '${clusterId}'
process.roles: [${roles.join(', ')}]
# For the other nodes of the cluster.
peer.listener: ${host}:${node.peerPort}
controller.quorum.voters:
${folders.map(({ id, peer, directoryId }) => `  - ${id}@${host}:${peer}:${directoryId}\n`).join('')}`
}

function brokerLines(node: NodeFolder, { brokers, backups }: ClusterPlan): string {
  const ports = brokers[node.id - 1]
  const groups = ringGroups(node.id, brokers.length, backups)
    .map(({ name, members }) => `'${name}:${members.join('+')}'`)
    .join(', ')
  return `listeners: PLAINTEXT://${host}:${ports?.kafka}
http.port: ${ports?.http}
# Made once the cluster runs, if it has none of that name.
broker.groups: [${groups}]
`
}

/** A controller needs them as well: whoever decides on leaders goes by its own. */
function replicationLines({ brokers, clusterId }: ClusterPlan): string {
  if (clusterId === null) return ''
  const factor = Math.min(3, brokers.length)
  const safe = factor < 3 ? '' : 'min.insync.replicas: 2\n'
  return `# Kafka's defaults are 1, 3 and 1.
default.replication.factor: ${factor}
offsets.topic.replication.factor: ${factor}
${safe}`
}

const groupLines = `# For development: the first member of a group does not wait for others. Kafka's default is 3000.
group.initial.rebalance.delay.ms: 0
`
