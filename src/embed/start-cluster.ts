import type { Cluster } from './cluster.ts'
import { type ClusterOptions, checkOptions } from './cluster-options.ts'
import { EmbeddedCluster } from './embedded-cluster.ts'

/**
 * Starts a cluster in this process, on free ports of this machine's loopback. Resolves when clients can work. Rejects
 * with `InvalidClusterOptions`, or with what kept a broker from starting. Any number of clusters may run at once.
 *
 * A broker that finds itself broken ends the process with an uncaught exception: what it would answer from then on
 * could be wrong.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = new EmbeddedCluster(checkOptions(options))
  try {
    await cluster.start()
  } catch (error) {
    await cluster.stop()
    throw error
  }
  return cluster
}
