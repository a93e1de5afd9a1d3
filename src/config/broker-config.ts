import { brokerSettings } from './broker-settings.ts'
import { type ConfigRefusal, refuse } from './config-refusal.ts'
import { isLoopback, isWildcard } from './endpoint.ts'
import { nearestName } from './nearest-name.ts'
import { camelCase, parseSetting, type Settings, type ValuesOf } from './setting.ts'

/** A broker's settings, typed, defaults filled in. */
export type BrokerConfig = ValuesOf<typeof brokerSettings> & {
  /** What the operator gave, name → canonical text: all but defaults. */
  readonly given: ReadonlyMap<string, string>
}

/** A configuration that cannot be started with. Each line of the message is one thing that is wrong. */
export class InvalidBrokerConfig extends Error {
  readonly refusals: readonly ConfigRefusal[]

  constructor(refusals: readonly ConfigRefusal[]) {
    super(refusals.map((refusal) => refusal.message).join('\n'))
    this.name = 'InvalidBrokerConfig'
    this.refusals = refusals
  }
}

/** Takes names and texts, as from a file. Throws `InvalidBrokerConfig` with all that is wrong at once. */
export function parseBrokerConfig(texts: Readonly<Record<string, string>>): BrokerConfig {
  const refusals: ConfigRefusal[] = []
  const given = new Map<string, string>()
  for (const [name, text] of Object.entries(texts)) {
    const answer = checkSetting(brokerSettings, name, text)
    if ('code' in answer) refusals.push(answer)
    else given.set(name, answer.text)
  }
  if (refusals.length > 0) throw new InvalidBrokerConfig(refusals)
  const config = brokerConfigOf(given)
  refusals.push(...contradictionsIn(config))
  if (refusals.length > 0) throw new InvalidBrokerConfig(refusals)
  return config
}

/** What was set while the cluster runs, name → text. What is set for the broker stands above what is set for all. */
export interface DynamicBrokerConfigs {
  readonly cluster: ReadonlyMap<string, string>
  readonly broker: ReadonlyMap<string, string>
}

export const noDynamicConfigs: DynamicBrokerConfigs = { cluster: new Map(), broker: new Map() }

/** The values that are in force: what was set while running covers what the broker was started with. */
export function resolveBrokerConfig(started: BrokerConfig, dynamic: DynamicBrokerConfigs): BrokerConfig {
  if (dynamic.cluster.size === 0 && dynamic.broker.size === 0) return started
  return brokerConfigOf(new Map([...started.given, ...dynamic.cluster, ...dynamic.broker]))
}

/** Null, or why these cannot be set while the broker runs. */
export function validateDynamicBrokerConfigs(texts: Readonly<Record<string, string>>): ConfigRefusal | null {
  for (const [name, text] of Object.entries(texts)) {
    const answer = checkSetting(brokerSettings, name, text)
    if ('code' in answer) return answer
    if (!(brokerSettings as Settings)[name]?.dynamic) {
      return refuse(
        name,
        `${name} cannot change while the broker runs: set it in the file that the broker is started with`,
      )
    }
  }
  return null
}

/** The canonical text, or the refusal: unknown, with the nearest known name, or a bad value, with what is allowed. */
export function checkSetting(
  settings: Settings,
  name: string,
  text: string,
): { readonly text: string } | ConfigRefusal {
  const setting = Object.hasOwn(settings, name) ? settings[name] : undefined
  if (setting !== undefined) return parseSetting(name, setting, text)
  const nearest = nearestName(name, namesOf(settings))
  return refuse(name, `unknown setting ${name}${nearest === null ? '' : `; did you mean ${nearest}?`}`)
}

/** Names that are told to people. */
export function namesOf(settings: Settings): string[] {
  return Object.keys(settings).filter((name) => !settings[name]?.internal)
}

function brokerConfigOf(given: ReadonlyMap<string, string>): BrokerConfig {
  return { ...valuesOf(brokerSettings, given), given }
}

/** Values of all settings: from the texts, which have been checked, or by default. */
export function valuesOf<S extends Settings>(settings: S, texts: ReadonlyMap<string, string>): ValuesOf<S> {
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(settings)) {
    const text = texts.get(name) ?? setting.default
    const parsed = text === null ? { value: null } : setting.parse(text)
    // A text that was right when it was stored and is not now (another release's bounds): the default serves.
    const fallback = 'problem' in parsed && setting.default !== null ? setting.parse(setting.default) : parsed
    values[camelCase(name)] = 'problem' in fallback ? null : fallback.value
  }
  return values as ValuesOf<S>
}

function contradictionsIn(config: BrokerConfig): ConfigRefusal[] {
  const found: ConfigRefusal[] = []
  const listener = config.listeners[0]
  const advertised = config.advertisedListeners?.[0]
  if (config.logDirs.length !== 1) {
    found.push(refuse('log.dirs', `log.dirs: exactly one folder must be given, ${config.logDirs.length} are`))
  }
  if (advertised !== undefined && isWildcard(advertised.host)) {
    found.push(refuse('advertised.listeners', 'advertised.listeners: no client can connect to a wildcard address'))
  }
  if (listener !== undefined && isWildcard(listener.host) && advertised === undefined) {
    const message = 'advertised.listeners must say where clients reach the broker, as listeners names no address'
    found.push(refuse('advertised.listeners', message))
  }
  if (config.groupMinSessionTimeoutMs > config.groupMaxSessionTimeoutMs) {
    const message = 'group.min.session.timeout.ms must not be above group.max.session.timeout.ms'
    found.push(refuse('group.min.session.timeout.ms', message))
  }
  if (config.maxConnectionsPerIp === 0 && config.maxConnectionsPerIpOverrides.size === 0) {
    const message = 'max.connections.per.ip can be 0 only where max.connections.per.ip.overrides names who may connect'
    found.push(refuse('max.connections.per.ip', message))
  }
  found.push(...clusterContradictionsIn(config))
  found.push(...openDoorsIn(config))
  return found
}

function clusterContradictionsIn(config: BrokerConfig): ConfigRefusal[] {
  const { controllerQuorumVoters: voters, nodeId, peerListener, processRoles } = config
  const found: ConfigRefusal[] = []
  const isVoter = voters.some((voter) => voter.nodeId === nodeId)
  if (processRoles.length === 0) found.push(refuse('process.roles', 'process.roles: at least one role must be given'))
  if (voters.length === 0) {
    if (!processRoles.includes('broker') || !processRoles.includes('controller')) {
      const message = 'controller.quorum.voters must name the voters, unless this process is broker and controller'
      found.push(refuse('controller.quorum.voters', message))
    }
    return found
  }
  if (peerListener === null) {
    found.push(refuse('peer.listener', 'peer.listener must be given where controller.quorum.voters is'))
  }
  if (config.clusterId === null) {
    found.push(refuse('cluster.id', 'cluster.id must be given where controller.quorum.voters is'))
  }
  if (processRoles.includes('controller') !== isVoter) {
    const message = isVoter
      ? `process.roles must have controller, as controller.quorum.voters names node ${nodeId}`
      : `process.roles has controller, but controller.quorum.voters does not name node ${nodeId}`
    found.push(refuse('process.roles', message))
  }
  return found
}

/** Whoever reaches an unprotected port may read, write and delete everything. */
function openDoorsIn(config: BrokerConfig): ConfigRefusal[] {
  if (config.insecureListen) return []
  const why = 'is open to other machines, without encryption or login: anyone who reaches it may read, write and delete'
  const cure = 'start with --insecure-listen (insecure.listen: true) if that is meant'
  const found: ConfigRefusal[] = []
  for (const { host } of config.listeners) {
    if (!isLoopback(host)) found.push(refuse('listeners', `listeners: ${host || 'every interface'} ${why}; ${cure}`))
  }
  const { peerListener } = config
  if (peerListener !== null && !isLoopback(peerListener.host)) {
    found.push(refuse('peer.listener', `peer.listener: ${peerListener.host} ${why}; ${cure}`))
  }
  if (config.httpPort >= 0 && !isLoopback(config.httpHost)) {
    found.push(refuse('http.host', `http.host: ${config.httpHost || 'every interface'} ${why}; ${cure}`))
  }
  return found
}
