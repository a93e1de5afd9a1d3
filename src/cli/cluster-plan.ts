import { firstControllerId } from '../server/quorum-shape.ts'

/** Ports of one broker. */
export interface BrokerPorts {
  readonly kafka: number
  readonly http: number
  readonly peer: number
}

/** Ports of a process that is only a controller. */
export interface ControllerPorts {
  readonly peer: number
}

/** What `trilog up` made a folder with, and goes on with. */
export interface ClusterPlan {
  /** Null: made by a release whose clusters had one broker, which has made one up. */
  readonly clusterId: string | null
  /** Of the brokers 1, 2, … in this order. */
  readonly brokers: readonly BrokerPorts[]
  /** Of the controllers 101, 102, … in this order. */
  readonly controllers: readonly ControllerPorts[]
  /** Node ids of the voters of the metadata log. Empty: of such an older release, whose one broker is the only one. */
  readonly voters: readonly number[]
  /** Of each broker group `group-1`, `group-2`, …: how many members it has beside the first. */
  readonly backups: number
}

export const brokersMax = 20
export const controllersMax = 20

/** How many controllers the cluster was asked to have: a third voter beside two brokers was not asked for. */
export function controllersAskedFor({ controllers, voters }: ClusterPlan): number {
  return voters.some((id) => id < firstControllerId) ? 0 : controllers.length
}

/** The plan in what `cluster.yaml` holds; null: it is none. */
export function planIn(value: unknown): ClusterPlan | null {
  const {
    clusterId = null,
    brokers,
    controllers = [],
    voters = [],
    backups = 1,
  } = (value ?? {}) as Partial<ClusterPlan>
  if (!arePorts(brokers, ['kafka', 'http', 'peer']) || brokers.length === 0) return null
  if (!arePorts(controllers, ['peer']) || !isListOfIntegers(voters)) return null
  const isAlone = voters.length === 0 && brokers.length === 1 && controllers.length === 0
  if (!isAlone && (typeof clusterId !== 'string' || voters.length === 0)) return null
  return { clusterId, brokers, controllers, voters, backups }
}

function arePorts<T>(value: readonly T[] | undefined, names: readonly string[]): value is readonly T[] {
  return (
    Array.isArray(value) &&
    value.every((ports: Record<string, unknown> | null) => names.every((name) => Number.isInteger(ports?.[name])))
  )
}

function isListOfIntegers(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => Number.isInteger(one))
}
