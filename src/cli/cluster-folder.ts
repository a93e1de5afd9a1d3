import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CommandFailed } from './command-failed.ts'
import { PidFile } from './pid-file.ts'

/** Ports of one broker. No broker listens on the peer port in this release; it is kept free for the next ones. */
export interface BrokerPorts {
  readonly kafka: number
  readonly http: number
  readonly peer: number
}

/** What `trilog up` made a folder with, and goes on with. */
export interface ClusterPlan {
  /** Of the brokers 1, 2, … in this order. */
  readonly brokers: readonly BrokerPorts[]
}

/** Where one broker keeps what belongs to it. */
export interface BrokerFolder {
  readonly id: number
  readonly path: string
  readonly config: string
  readonly log: string
  readonly pid: PidFile
}

const planHead =
  '# Made by `trilog up`, which goes on with these ports. Settings of a broker are in broker-N/broker.yaml.\n'

/** The folder of a local cluster: `cluster.yaml`, and `broker-N/` with `pid`, `broker.yaml`, `broker.log` and `data/`. */
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

  /** Writes what is missing: the plan first, so that an interrupted making goes on with the same ports. */
  async make(plan: ClusterPlan): Promise<void> {
    mkdirSync(this.path, { recursive: true })
    const { stringify } = await import('yaml')
    this.#writeOnce(join(this.path, 'cluster.yaml'), planHead + stringify(plan))
    plan.brokers.forEach((ports, index) => {
      const broker = this.broker(index + 1)
      mkdirSync(broker.path, { recursive: true })
      this.#writeOnce(broker.config, brokerYaml(broker.id, ports))
    })
  }

  broker(id: number): BrokerFolder {
    const path = join(this.path, `broker-${id}`)
    return {
      id,
      path,
      config: join(path, 'broker.yaml'),
      log: join(path, 'broker.log'),
      pid: new PidFile(join(path, 'pid')),
    }
  }

  #writeOnce(path: string, text: string): void {
    if (existsSync(path)) return
    writeFileSync(`${path}.tmp`, text)
    renameSync(`${path}.tmp`, path)
  }

  /** A folder with somebody's files in it is not taken for a new one. */
  #refuseForeign(): void {
    if (!existsSync(this.path)) return
    const foreign = readdirSync(this.path).filter((name) => !/^(broker-\d+|cluster\.yaml\.tmp)$/.test(name))
    if (foreign.length === 0) return
    throw new CommandFailed(
      `${this.path} was not made by trilog up, and is not empty (${foreign[0]}): choose another folder.`,
    )
  }
}

function planIn(value: unknown): ClusterPlan | null {
  const brokers = (value as { brokers?: unknown } | null)?.brokers
  if (!Array.isArray(brokers) || brokers.length === 0) return null
  const whole = brokers.every((ports: Partial<BrokerPorts> | null) => {
    return [ports?.kafka, ports?.http, ports?.peer].every((port) => Number.isInteger(port))
  })
  return whole ? { brokers: brokers as BrokerPorts[] } : null
}

function brokerYaml(id: number, ports: BrokerPorts): string {
  return `# Settings of this broker; \`docs/configuration.md\` lists them all. Written once: change what you like.
node.id: ${id}
listeners: PLAINTEXT://127.0.0.1:${ports.kafka}
http.port: ${ports.http}
# From the folder of this file.
log.dirs: data
# For development: the first member of a group does not wait for others. Kafka's default is 3000.
group.initial.rebalance.delay.ms: 0
`
}
