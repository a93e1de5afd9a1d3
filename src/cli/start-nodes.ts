import { CommandFailed } from './command-failed.ts'
import type { NodeFolder } from './node-folder.ts'
import { reachNode } from './reach-node.ts'
import { type NodeProcess, startNodeProcess } from './start-node-process.ts'

/** How long a node that is stopped before it was ready may take. */
const stopTimeoutMs = 10_000

/** Nodes that run, and which of them this process has started. */
export interface StartedNodes {
  readonly processes: readonly NodeProcess[]
  /** What each has printed when it was ready, in the order of the nodes. */
  readonly lines: readonly string[]
}

/**
 * Starts the nodes that are not running, all at once: a broker is ready only when a majority of the voters is there. If one
 * cannot start, or `stopWanted` comes first, those that were started are stopped again.
 */
export async function startNodes(
  nodes: readonly NodeFolder[],
  { detached, stopWanted }: { detached: boolean; stopWanted: Promise<string> },
): Promise<StartedNodes> {
  const isRunning = nodes.map((node) => node.pid.running() !== null)
  const processes: NodeProcess[] = []
  try {
    const ready = nodes.map((node, index) => {
      if (isRunning[index]) return () => reachNode(node)
      const started = startNodeProcess(node, detached)
      processes.push(started)
      return () => started.ready
    })
    const stopped = stopWanted.then((why) => Promise.reject(new CommandFailed(`Stopped before it was ready (${why}).`)))
    const lines = await Promise.race([Promise.all(ready.map((one) => one())), stopped])
    return { processes, lines }
  } catch (error) {
    await Promise.all(processes.map((one) => endEarly(one)))
    throw error
  }
}

/** It may wait for others that do not come; and what it has not begun, it need not end well. */
async function endEarly(node: NodeProcess): Promise<void> {
  node.stop()
  const timer = setTimeout(() => node.kill(), stopTimeoutMs)
  await node.ended
  clearTimeout(timer)
}
