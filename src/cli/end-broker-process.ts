import { identityOf } from './process-identity.ts'
import type { BrokerFolder } from './cluster-folder.ts'
import { CommandFailed } from './command-failed.ts'

/** A clean stop syncs every log; a slow disk takes its time. */
const stopTimeoutMs = 60_000
const pollMs = 10

/** Asks the broker to stop and waits until its process is gone. False: it was not running. */
export function stopBrokerProcess(folder: BrokerFolder): Promise<boolean> {
  return endBrokerProcess(folder, 'SIGTERM')
}

/** Ends the broker's process at once, as `kill -9` does. False: it was not running. */
export function killBrokerProcess(folder: BrokerFolder): Promise<boolean> {
  return endBrokerProcess(folder, 'SIGKILL')
}

async function endBrokerProcess(folder: BrokerFolder, signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
  const pid = folder.pid.running()
  if (pid === null) return false
  const identity = identityOf(pid)
  try {
    process.kill(pid, signal)
  } catch (error) {
    // Gone between the look and the signal.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true
    throw new CommandFailed(`Broker ${folder.id} (process ${pid}) could not be stopped: ${(error as Error).message}`)
  }
  const until = performance.now() + stopTimeoutMs
  while (identity !== null && identityOf(pid) === identity) {
    if (performance.now() > until) {
      throw new CommandFailed(
        `Broker ${folder.id} (process ${pid}) did not end within ${stopTimeoutMs / 1000} s: see ${folder.log}.`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  return true
}
