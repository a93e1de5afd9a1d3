import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type ClusterPlan, planIn } from './cluster-plan.ts'
import { CommandFailed, sentenceOf } from './command-failed.ts'
import { type NodeFolder, nodeFolderName, nodeFolders } from './node-folder.ts'
import { nodeYaml, type VoterFolder } from './node-yaml.ts'

const planHead =
  '# Made by `trilog up`, which goes on with these ports and voters. Settings of a node are in its own folder.\n'

/** The folder of a local cluster: `cluster.yaml`, and one for each node with `pid`, settings, log and `data/`. */
export class ClusterFolder {
  readonly path: string

  constructor(path: string) {
    this.path = resolve(path)
  }

  /** What the folder was made with; null when there is nothing yet. */
  async plan(): Promise<ClusterPlan | null> {
    const path = join(this.path, 'cluster.yaml')
    if (!existsSync(path)) {
      this.#refuseForeign()
      return null
    }
    const { parse } = await import('yaml')
    const plan = planIn(parse(readFileSync(path, 'utf8')))
    if (plan === null) throw new CommandFailed(`${path} is damaged: it names no brokers with their ports.`)
    return plan
  }

  /** The plan of a folder that must be there. */
  async existingPlan(): Promise<ClusterPlan> {
    const plan = existsSync(this.path) ? await this.plan() : null
    if (plan === null) throw new CommandFailed(`${this.path} holds no cluster; \`trilog up --data DIR\` makes one.`)
    return plan
  }

  /** Writes what is missing: the plan first, so that an interrupted making goes on with the same ports and cluster. */
  async make(plan: ClusterPlan): Promise<void> {
    mkdirSync(this.path, { recursive: true })
    const { stringify } = await import('yaml')
    this.#writeOnce(join(this.path, 'cluster.yaml'), planHead + stringify(plan))
    const missing = this.nodes(plan).filter(({ config }) => !existsSync(config))
    if (missing.length === 0) return
    const voters = await this.#voterFolders(plan)
    for (const node of missing) {
      mkdirSync(node.path, { recursive: true })
      this.#writeOnce(node.config, nodeYaml(node, plan, voters))
    }
  }

  /** Brokers, then controllers. */
  nodes(plan: ClusterPlan): NodeFolder[] {
    return nodeFolders(this.path, plan)
  }

  /** Makes the log directories of a new cluster: a voter is named by its folder, which every node is told of. */
  async #voterFolders(plan: ClusterPlan): Promise<VoterFolder[]> {
    const { clusterId, voters } = plan
    if (clusterId === null) return []
    const [{ formatLogDirectory }, { openNodeRuntime }] = await Promise.all([
      import('../log/format-log-directory.ts'),
      import('../runtime/node/node-runtime.ts'),
    ])
    const runtime = await openNodeRuntime({ log: { level: 'silent', pretty: false } })
    const folders: VoterFolder[] = []
    for (const { id, data, peerPort } of this.nodes(plan)) {
      try {
        const directoryId = await formatLogDirectory(runtime, data, { nodeId: id, clusterId })
        if (voters.includes(id)) folders.push({ id, peer: peerPort, directoryId })
      } catch (error) {
        throw new CommandFailed(`The folder of node ${id} could not be made: ${sentenceOf(error)}`, { cause: error })
      }
    }
    return folders
  }

  #writeOnce(path: string, text: string): void {
    if (existsSync(path)) return
    writeFileSync(`${path}.tmp`, text)
    renameSync(`${path}.tmp`, path)
  }

  /** A folder with somebody's files in it is not taken for a new one. */
  #refuseForeign(): void {
    if (!existsSync(this.path)) return
    const foreign = readdirSync(this.path).filter((name) => !nodeFolderName.test(name) && name !== 'cluster.yaml.tmp')
    if (foreign.length === 0) return
    throw new CommandFailed(
      `${this.path} was not made by trilog up, and is not empty (${foreign[0]}): choose another folder.`,
    )
  }
}
