import { CommandFailed } from './command-failed.ts'
import type { NodeFolder } from './node-folder.ts'
import { identityOf } from './process-identity.ts'

/** A clean stop syncs every log; a slow disk takes its time. */
const stopTimeoutMs = 60_000
const pollMs = 10

/** Asks the node to stop and waits until its process is gone. False: it was not running. */
export function stopNodeProcess(folder: NodeFolder): Promise<boolean> {
  return endNodeProcess(folder, 'SIGTERM')
}

/** Ends the node's process at once, as `kill -9` does. False: it was not running. */
export function killNodeProcess(folder: NodeFolder): Promise<boolean> {
  return endNodeProcess(folder, 'SIGKILL')
}

async function endNodeProcess(folder: NodeFolder, signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
  const pid = folder.pid.running()
  if (pid === null) return false
  const identity = identityOf(pid)
  try {
    process.kill(pid, signal)
  } catch (error) {
    // Gone between the look and the signal.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true
    throw new CommandFailed(`${folder.name} (process ${pid}) could not be stopped: ${(error as Error).message}`)
  }
  const until = performance.now() + stopTimeoutMs
  while (identity !== null && identityOf(pid) === identity) {
    if (performance.now() > until) {
      throw new CommandFailed(
        `${folder.name} (process ${pid}) did not end within ${stopTimeoutMs / 1000} s: see ${folder.log}.`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  return true
}
