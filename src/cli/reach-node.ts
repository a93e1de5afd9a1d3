import { brokerConfigIn } from './broker-config-file.ts'
import type { NodeFolder } from './node-folder.ts'
import { reachBroker } from './reach-broker.ts'
import { controllerReadyLine, readyLine } from './ready-line.ts'

/** How long a broker that somebody else started may take until it answers. */
const reachTimeoutMs = 60_000

/** The line that a node which somebody else started has printed when it was ready; waits until a broker answers clients. */
export async function reachNode(node: NodeFolder): Promise<string> {
  const config = await brokerConfigIn(node.config)
  if (!config.processRoles.includes('broker')) {
    return controllerReadyLine(config.peerAdvertisedListener ?? { host: '127.0.0.1', port: node.peerPort })
  }
  const kafka = config.listeners[0] as { host: string; port: number }
  await reachBroker(kafka, reachTimeoutMs)
  return readyLine([{ kafka, http: config.httpPort < 0 ? null : { host: config.httpHost, port: config.httpPort } }])
}
