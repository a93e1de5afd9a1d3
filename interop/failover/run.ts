/** `npm run failover`: brokers of local clusters are killed and paused under the load of stock clients; with a word, larger losses, or none. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { runMain } from '../child.ts'
import { runCalm } from './calm.ts'
import { runFiveNodes } from './five-nodes.ts'
import { loadClients } from './load-clients.ts'
import { runQuorumDown } from './quorum-down.ts'
import { faults } from './promises.ts'
import { type RoundsOptions, runRounds } from './run-rounds.ts'

await runMain(async () => {
  let code = 0
  const ends = (ran: Promise<number>): Promise<void> => ran.then((with_) => void (code = with_))
  await program(ends).parseAsync()
  return code
})

function program(ends: (ran: Promise<number>) => Promise<void>): Command {
  const failover = new Command('failover').description(
    'What stock clients see when brokers die. Ends with 1 when a promise is broken.',
  )
  failover
    .command('rounds', { isDefault: true })
    .description('One broker of three is killed or paused, again and again. This is what runs without a word.')
    .addOption(
      new Option('--client <name>', 'whose load it is').choices(loadClients.map(({ name }) => name)).default('java'),
    )
    .option('--rounds <n>', 'of each kind', positive, 3)
    .option('--rate <n>', 'records a second', positive, 2_000)
    .option('--quick', 'one round of each kind, and no pauses')
    .option('--fault <name...>', `only these: ${faults.map(({ name }) => name).join(', ')}`)
    .option('--scheme <name...>', 'only kinds whose names contain one of these')
    .option('--json <file>', 'every round, as JSON')
    .action((options: RoundsOptions) => ends(runRounds(options)))
  failover
    .command('calm')
    .description('Nobody is killed: three brokers are loaded as fast as clients go, and no leader may change.')
    .option('--minutes <n>', 'how long', positive, 10)
    .action((options: { minutes: number }) => ends(runCalm(options)))
  failover
    .command('five')
    .description('Two of five brokers are killed, then a third; 50 partitions by majority and 50 by isr.')
    .action(() => ends(runFiveNodes()))
  failover
    .command('quorum')
    .description('All controllers are killed, then a broker as well; topics and groups by majority go on.')
    .action(() => ends(runQuorumDown()))
  return failover
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0 is needed')
  return value
}
