import { runSeed } from './broker-world.ts'
import { runClusterSeed } from './cluster/cluster-world.ts'
import { expectedClusterMarks } from './cluster/expected-cluster-marks.ts'
import { expectedMarks } from './expected-marks.ts'
import { expectedGroupMarks } from './group/expected-group-marks.ts'
import { runGroupSeed } from './group/group-world.ts'
import { kafkaBroker } from './kafka-broker.ts'
import { runSeeds } from './run-seeds.ts'

process.exitCode = await runSeeds(process.argv.slice(2), {
  broker: { run: (seed, options) => runSeed(seed, kafkaBroker, options), expectedMarks },
  cluster: { run: runClusterSeed, expectedMarks: expectedClusterMarks },
  group: { run: runGroupSeed, expectedMarks: expectedGroupMarks },
})
