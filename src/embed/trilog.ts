/** What `import … from 'trilog'` gives: clusters inside of one's own process. docs/embedding.md tells how. */
export type { Cluster, ClusterBroker, TopicOptions } from './cluster.ts'
export { type ClusterOptions, InvalidClusterOptions } from './cluster-options.ts'
export { startCluster } from './start-cluster.ts'
