import { newUuid } from '../log/meta-properties.ts'
import { nodeRandom } from '../runtime/node/node-random.ts'
import { firstControllerId, quorumShape } from '../server/quorum-shape.ts'
import { type BrokerPorts, type ClusterPlan, type ControllerPorts, controllersAskedFor } from './cluster-plan.ts'
import { CommandFailed } from './command-failed.ts'
import { freePort, isFree } from '../runtime/node/free-port.ts'

/** What `up` was told; absent: the default. */
export interface WantedCluster {
  readonly brokers?: number | undefined
  readonly controllers?: number | undefined
  readonly backups?: number | undefined
  readonly kafkaPort?: number | undefined
  readonly httpPort?: number | undefined
}

const defaultKafkaPort = 9_092
const defaultHttpPort = 8_080
/** From the first broker's Kafka port to the first peer port of brokers, and of controllers. */
const peerPortDistance = 20
const controllerPortDistance = 60

/**
 * Ports of a new cluster, and its voters. A default that is taken moves to a free one, which `say` is told; one that was
 * given and is taken is refused.
 */
export async function choosePorts(wanted: WantedCluster, say: (sentence: string) => void): Promise<ClusterPlan> {
  const taken = new Set<number>()
  const { kafkaPort = defaultKafkaPort, httpPort = defaultHttpPort } = wanted
  const isGiven = { kafka: wanted.kafkaPort !== undefined, http: wanted.httpPort !== undefined }
  const choose = (port: number, what: string, given: boolean) =>
    choosePort({ port: Math.min(port, 65_535), what, given, taken, say })
  const count = wanted.brokers ?? 1
  const { voters, controllers: controllerCount } = quorumShape(count, wanted.controllers ?? 0)
  const brokers: BrokerPorts[] = []
  for (let index = 0; index < count; index++) {
    const whose = `of broker ${index + 1}`
    const kafka = await choose(kafkaPort + index, `Kafka port ${whose}`, isGiven.kafka)
    const http = await choose(httpPort + index, `HTTP port ${whose}`, isGiven.http)
    const peer = await choose(kafkaPort + peerPortDistance + index, `peer port ${whose}`, false)
    brokers.push({ kafka, http, peer })
  }
  const controllers: ControllerPorts[] = []
  for (let index = 0; index < controllerCount; index++) {
    const what = `peer port of controller ${firstControllerId + index}`
    controllers.push({ peer: await choose(kafkaPort + controllerPortDistance + index, what, false) })
  }
  return { clusterId: newUuid(nodeRandom), brokers, controllers, voters, backups: wanted.backups ?? 1 }
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
    ['--backups', wanted.backups, plan.backups],
    ['--controllers', wanted.controllers, controllersAskedFor(plan)],
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
