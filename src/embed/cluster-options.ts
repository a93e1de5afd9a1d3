import { InvalidBrokerConfig, parseBrokerConfig } from '../config/broker-config.ts'
import { nearestName } from '../config/nearest-name.ts'

/** What a cluster is started with. Everything has a default. */
export interface ClusterOptions {
  /** How many brokers, at most 20. Default 1. A folder keeps its number. */
  readonly brokers?: number
  /**
   * Where data is kept, and found again by the next cluster that is started on it. Default: a new folder below the
   * system's temporary one, which goes away with the cluster.
   */
  readonly dataFolder?: string
  /** Settings of the brokers by Kafka's names, for example `{ 'num.partitions': 3 }`: those of docs/configuration.md. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
  /** Whether brokers serve /metrics and /health, each on a free port. Default false. */
  readonly http?: boolean
  /** The least that is logged to stderr. Default `warn`. */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}

/** Options that no cluster can be started with. Each line of the message is one thing that is wrong. */
export class InvalidClusterOptions extends Error {
  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options)
    this.name = 'InvalidClusterOptions'
  }
}

/** Options with their defaults. */
export interface CheckedOptions {
  readonly brokers: number
  readonly dataFolder: string | null
  readonly settings: Readonly<Record<string, string>>
  readonly http: boolean
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}

/** Settings that say where a broker is and stands: the cluster gives each broker its own. */
const clustersOwn = [
  ...['node.id', 'log.dirs', 'listeners', 'advertised.listeners', 'http.host', 'http.port'],
  ...['cluster.id', 'process.roles', 'controller.quorum.voters', 'peer.listener', 'peer.advertised.listener'],
]

const brokersMax = 20

const levels = ['debug', 'info', 'warn', 'error', 'silent']
const optionNames = ['brokers', 'dataFolder', 'settings', 'http', 'logLevel']

/** Fills defaults in. Throws `InvalidClusterOptions` with all that is wrong at once. */
export function checkOptions(options: ClusterOptions): CheckedOptions {
  const { brokers = 1, dataFolder = null, http = false, logLevel = 'warn' } = options
  const problems = unknownNames(options)
  if (!Number.isInteger(brokers) || brokers < 1 || brokers > brokersMax) {
    problems.push(`brokers: ${show(brokers)} is not a number from 1 to ${brokersMax}`)
  }
  if (dataFolder !== null && (typeof dataFolder !== 'string' || dataFolder === '')) {
    problems.push(`dataFolder: ${show(dataFolder)} is not the path of a folder`)
  }
  if (typeof http !== 'boolean') problems.push(`http: ${show(http)} is neither true nor false`)
  if (!levels.includes(logLevel)) problems.push(`logLevel: ${show(logLevel)} is none of ${levels.join(', ')}`)
  const settings = textsOf(options.settings ?? {}, problems)
  if (problems.length > 0) throw new InvalidClusterOptions(problems)
  return { brokers, dataFolder, settings, http, logLevel }
}

function unknownNames(options: ClusterOptions): string[] {
  return Object.keys(options).flatMap((name) => {
    if (optionNames.includes(name)) return []
    const nearest = nearestName(name, optionNames)
    return [`unknown option ${name}${nearest === null ? '' : `; did you mean ${nearest}?`}`]
  })
}

/** The settings as texts, as from a broker's file; what is wrong with them goes to `problems`. */
function textsOf(settings: NonNullable<ClusterOptions['settings']>, problems: string[]): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(settings)) {
    if (clustersOwn.includes(name)) problems.push(`settings: ${name} is the cluster's own to choose`)
    else texts[name] = `${value}`
  }
  try {
    parseBrokerConfig({ 'log.dirs': 'data', ...texts })
  } catch (error) {
    if (!(error instanceof InvalidBrokerConfig)) throw error
    problems.push(...error.refusals.map(({ message }) => `settings: ${message}`))
  }
  return texts
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}
