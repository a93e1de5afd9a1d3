#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { registerBroker } from './broker.ts'
import { registerBrokerGroup } from './broker-group.ts'
import { registerCluster } from './cluster.ts'
import { CommandFailed, exitCodes, sentenceOf } from './command-failed.ts'
import { registerConsume } from './consume.ts'
import { registerDown } from './down.ts'
import { registerGroup } from './group.ts'
import { registerLog } from './log.ts'
import { registerProduce } from './produce.ts'
import { registerReceipts } from './receipts.ts'
import { registerReplica } from './replica.ts'
import { registerTopic } from './topic.ts'
import { registerUp } from './up.ts'
import { version } from './version.ts'

/** What a command needs is loaded when it runs: its start is felt. */
async function main(argv: readonly string[]): Promise<number> {
  process.setSourceMapsEnabled(true)
  if (process.platform !== 'linux' && process.platform !== 'darwin') {
    process.stderr.write(`trilog: This release runs on Linux and macOS, not on ${process.platform}.\n`)
    return exitCodes.failed
  }
  process.stdout.on('error', endOnClosedPipe)
  // Waiting for a broker is no reason to end, though the client's timers hold no process.
  const alive = setInterval(() => {}, 60_000)
  try {
    await program().parseAsync(argv)
    return exitCodes.done
  } catch (error) {
    // Commander has said what was wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUsage
    process.stderr.write(`trilog: ${sentenceOf(error)}\n`)
    if (process.env['TRILOG_DEBUG'] !== undefined) console.error(error)
    return error instanceof CommandFailed ? error.exitCode : exitCodes.failed
  } finally {
    clearInterval(alive)
  }
}

function program(): Command {
  const root = new Command('trilog')
    .description('A replicated message broker that Apache Kafka clients use as they are.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .exitOverride()
    .showHelpAfterError('(add --help for more)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'trilog: ')) })
  registerUp(root)
  registerDown(root)
  registerBroker(root)
  registerBrokerGroup(root)
  registerCluster(root)
  registerTopic(root)
  registerReplica(root)
  registerProduce(root)
  registerConsume(root)
  registerGroup(root)
  registerReceipts(root)
  registerLog(root)
  return root
}

/** Whoever reads (`head`, `less`) has enough. */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(exitCodes.done)
  throw error
}

const exitCode = await main(process.argv)
// Sockets that are still closing would hold the process; what was printed must be out before it ends.
process.stdout.write('', () => process.exit(exitCode))
