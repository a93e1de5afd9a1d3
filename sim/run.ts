import { runSeed } from './broker-world.ts'
import { expectedMarks } from './expected-marks.ts'
import { expectedGroupMarks } from './group/expected-group-marks.ts'
import { runGroupSeed } from './group/group-world.ts'
import { kafkaBroker } from './kafka-broker.ts'
import { runSeeds } from './run-seeds.ts'

process.exitCode = await runSeeds(process.argv.slice(2), {
  broker: { run: (seed, options) => runSeed(seed, kafkaBroker, options), expectedMarks },
  group: { run: runGroupSeed, expectedMarks: expectedGroupMarks },
})
