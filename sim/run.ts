import { kafkaBroker } from './kafka-broker.ts'
import { runSeeds } from './run-seeds.ts'

process.exitCode = await runSeeds(process.argv.slice(2), kafkaBroker)
