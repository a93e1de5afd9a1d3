import type { BrokerPorts, ClusterPlan } from './cluster-folder.ts'
import { CommandFailed } from './command-failed.ts'
import { freePort, isFree } from './free-port.ts'

/** What `up` was told; absent: the default. */
export interface WantedCluster {
  readonly brokers?: number | undefined
  readonly kafkaPort?: number | undefined
  readonly httpPort?: number | undefined
}

const defaultKafkaPort = 9_092
const defaultHttpPort = 8_080
/** From a broker's Kafka port to its peer port. */
const peerPortDistance = 20

/**
 * Ports of a new cluster. A default that is taken moves to a free one, which `say` is told; one that was given and is
 * taken is refused.
 */
export async function choosePorts(wanted: WantedCluster, say: (sentence: string) => void): Promise<ClusterPlan> {
  const taken = new Set<number>()
  const brokers: BrokerPorts[] = []
  for (let index = 0; index < (wanted.brokers ?? 1); index++) {
    const choose = (port: number, what: string, given: boolean) =>
      choosePort({ port, what: `${what} of broker ${index + 1}`, given, taken, say })
    const kafka = await choose(
      (wanted.kafkaPort ?? defaultKafkaPort) + index,
      'Kafka port',
      wanted.kafkaPort !== undefined,
    )
    const http = await choose((wanted.httpPort ?? defaultHttpPort) + index, 'HTTP port', wanted.httpPort !== undefined)
    const peer = await choose(
      Math.min((wanted.kafkaPort ?? defaultKafkaPort) + peerPortDistance + index, 65_535),
      'peer port',
      false,
    )
    brokers.push({ kafka, http, peer })
  }
  return { brokers }
}

async function choosePort(wish: {
  port: number
  what: string
  given: boolean
  taken: Set<number>
  say: (sentence: string) => void
}): Promise<number> {
  const { port, what, given, taken, say } = wish
  let chosen = port
  if (taken.has(port) || !(await isFree(port))) {
    if (given) throw new CommandFailed(`Port ${port} (the ${what}) is taken: give another one.`)
    chosen = await freePort(taken)
    say(`Port ${port} is taken: the ${what} is ${chosen}.`)
  }
  taken.add(chosen)
  return chosen
}

/** Throws when a folder was made with something else than what is wanted now. */
export function refuseOthers(plan: ClusterPlan, wanted: WantedCluster, folder: string): void {
  const first = plan.brokers[0] as BrokerPorts
  const has = [
    ['--brokers', wanted.brokers, plan.brokers.length],
    ['--kafka-port', wanted.kafkaPort, first.kafka],
    ['--http-port', wanted.httpPort, first.http],
  ] as const
  for (const [option, want, made] of has) {
    if (want === undefined || want === made) continue
    throw new CommandFailed(
      `${folder} was made with ${option} ${made}, not ${want}: leave the option out to go on with it, or choose another folder.`,
    )
  }
}
