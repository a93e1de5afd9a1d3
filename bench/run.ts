/** `npm run bench`: side by side with Kafka; `-- scale`: what partitions and connections cost; `-- cluster`: three nodes of each; `-- metadata`, `-- groups`, `-- catch-up`, `-- compaction` and others: what those cost. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { runMain } from '../interop/child.ts'
import { targetNames } from '../interop/targets/target.ts'
import { type CatchUpOptions, runCatchUp } from './catch-up.ts'
import { type ManyReplicasOptions, runManyReplicas } from './cluster/many-replicas.ts'
import { type ClusterOptions, runCluster } from './cluster/run-cluster.ts'
import { runSteadyRate, type SteadyRateOptions } from './cluster/steady-rate.ts'
import { type CompactionOptions, runCompaction } from './compaction/run-compaction.ts'
import { type GroupsOptions, runGroups } from './groups/run-groups.ts'
import { type MetadataStartOptions, runMetadataStart } from './metadata-start.ts'
import { runScale, type ScaleOptions } from './scale/run-scale.ts'
import { runSideBySide, type SideBySideOptions } from './side-by-side.ts'

await runMain(async () => {
  let isWithin = true
  await program((within) => (isWithin = within)).parseAsync()
  return isWithin ? 0 : 1
})

function program(judge: (isWithin: boolean) => void): Command {
  const bench = new Command('bench').description(
    'Measures Trilog. A run that works ends with 0, whatever it has measured; that of `scale` with 1 if a figure is beyond its bound.',
  )
  bench
    .command('kafka', { isDefault: true })
    .description("Trilog beside Apache Kafka, with Kafka's own load tools. This is what runs without a word.")
    .option('--rounds <n>', 'measured rounds; in each, every load runs once on each system', positive, 3)
    .option('--scale <factor>', 'multiplies the number of records', positive, 1)
    .addOption(new Option('--only <name>', 'one system alone').choices(targetNames))
    .option('--no-cold-start', 'leave the cold starts out')
    .option('--no-loads', 'leave the loads out')
    .option('--json <file>', 'write every single figure to a file')
    .action((options: SideBySideOptions) => runSideBySide(options))
  addClusters(bench)
  addSingle(bench, judge)
  return bench
}

function addClusters(bench: Command): void {
  bench
    .command('cluster')
    .description(
      "Three nodes of Trilog beside three of Apache Kafka, replication factor 3, with Kafka's own load tool.",
    )
    .option('--rounds <n>', 'measured rounds; in each, every load runs once on each side', positive, 3)
    .option('--scale <factor>', 'multiplies the number of records', positive, 1)
    .option('--json <file>', 'write every single figure to a file')
    .action((options: ClusterOptions) => runCluster(options))
  bench
    .command('cluster-rate')
    .description('Whether three brokers hold a rate with acks=all, and no in-sync set shrinks meanwhile.')
    .option('--seconds <n>', 'how long', positive, 60)
    .option('--rate <n>', 'records a second, of 100 bytes', positive, 100_000)
    .action((options: SteadyRateOptions) => runSteadyRate(options))
  bench
    .command('cluster-partitions')
    .description(
      'What many partitions of three replicas cost when idle, and how long a killed broker leaves them without a leader.',
    )
    .option('--partitions <n>', 'partitions, in three topics', positive, 3_000)
    .option('--idle-seconds <n>', 'how long idle brokers are watched', positive, 30)
    .action((options: ManyReplicasOptions) => runManyReplicas(options))
  bench
    .command('catch-up')
    .description('What writes wait for while a follower that was away catches up, with a throttle and without.')
    .option('--megabytes <n>', 'MiB that the follower has missed', positive, 400)
    .option('--rate <n>', 'MiB a second of the throttle', positive, 20)
    .option('--writes-per-second <n>', 'writes with acks=all meanwhile', positive, 200)
    .action((options: CatchUpOptions) => runCatchUp(options))
}

function addSingle(bench: Command, judge: (isWithin: boolean) => void): void {
  bench
    .command('scale')
    .description('What many partitions and many idle connections cost one broker, with the bound beside each figure.')
    .option('--partitions <n>', 'partitions, in topics of 1,000', positive, 10_000)
    .option('--connections <n>', 'idle connections', positive, 5_000)
    .option('--idle-seconds <n>', 'how long an idle broker is watched', positive, 60)
    .option('--json <file>', 'write every figure to a file')
    .action(async (options: ScaleOptions) => judge(await runScale(options)))
  bench
    .command('metadata')
    .description('What many changes of the metadata leave on the disk and cost a start, with snapshots and without.')
    .option('--changes <n>', 'changes, each a record of the metadata log', positive, 100_000)
    .option('--snapshot-bytes <n>', 'bytes of records between snapshots', positive, 1024 * 1024)
    .action((options: MetadataStartOptions) => runMetadataStart(options))
  bench
    .command('groups')
    .description('What many consumer groups with living members cost one broker.')
    .option('--groups <n>', 'consumer groups', positive, 1_000)
    .option('--members <n>', 'members of each, on a connection of its own', positive, 5)
    .option('--heartbeat-seconds <n>', 'between two heartbeats of a member', positive, 3)
    .option('--idle-seconds <n>', 'how long members that only beat are watched', positive, 30)
    .option('--json <file>', 'write every figure to a file')
    .action((options: GroupsOptions) => runGroups(options))
  bench
    .command('compaction')
    .description(
      'What appends wait for and cost while the partition that they go to is compacted, and while it is not.',
    )
    .option('--megabytes <n>', 'MiB that are compacted', positive, 400)
    .option('--keys <n>', 'different keys', positive, 300_000)
    .option('--value-bytes <n>', 'bytes of each value', positive, 200)
    .option('--writes-per-second <n>', 'appends with acks=all meanwhile', positive, 200)
    .option('--records-per-write <n>', 'records of each', positive, 10)
    .option('--quiet-seconds <n>', 'how long appends are measured before, 16 at least', positive, 30)
    .action((options: CompactionOptions) => runCompaction(options))
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0 is needed')
  return value
}
