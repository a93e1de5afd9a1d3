import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { allocatorEnvironment } from '../runtime/node/allocator-environment.ts'
import { CommandFailed } from './command-failed.ts'
import type { NodeFolder } from './node-folder.ts'

export interface NodeProcess {
  readonly folder: NodeFolder
  /** Resolves with the line that the node printed once it could work; rejects with its own reason. */
  readonly ready: Promise<string>
  /** Resolves when the process is gone; null when it was killed by a signal. */
  readonly ended: Promise<number | null>
  /** Asks it to stop cleanly, however far it is. `ended` tells when that is done. */
  stop(): void
  /** Ends it at once, as `kill -9` does. */
  kill(): void
  /** Lets this process end while the node goes on. */
  letGo(): void
}

/**
 * Starts a node in a process of its own, with a log beside its settings. One that is not detached ends when this process
 * does.
 */
export function startNodeProcess(folder: NodeFolder, detached: boolean): NodeProcess {
  const log = openSync(folder.log, 'a')
  let child: ChildProcess
  try {
    const script = fileURLToPath(new URL('node-process.js', import.meta.url))
    const options = ['--config', folder.config, '--pid-file', folder.pid.path, ...(detached ? ['--detached'] : [])]
    // A session of its own: Ctrl-C reaches the starter alone, who stops the node cleanly.
    child = spawn(process.execPath, [script, ...options], {
      cwd: folder.path,
      detached: true,
      env: allocatorEnvironment(),
      stdio: ['ignore', log, log, 'pipe'],
    })
  } finally {
    closeSync(log)
  }
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const channel = child.stdio[3] as Duplex
  const ready = firstAnswer(child, channel, folder)
  // Whoever waits for `ended` alone is not to be ended by it.
  ready.catch(() => {})
  return {
    folder,
    ready,
    ended,
    stop: () => void child.kill('SIGTERM'),
    kill: () => void child.kill('SIGKILL'),
    letGo: () => {
      channel.destroy()
      child.unref()
    },
  }
}

function firstAnswer(child: ChildProcess, channel: Duplex, folder: NodeFolder): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    channel.on('error', () => {})
    channel.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (!text.includes('\n')) return
      const answer = JSON.parse(text.slice(0, text.indexOf('\n'))) as { ready?: string; failed?: string }
      text = ''
      if (answer.ready !== undefined) resolve(answer.ready)
      else reject(new CommandFailed(answer.failed ?? `${folder.name} could not start: see ${folder.log}.`))
    })
    child.once('error', (error) => reject(new CommandFailed(`${folder.name} could not be started: ${error.message}`)))
    // What it has told before comes first, and decides.
    child.once('close', (code, signal) => {
      const how = signal ?? `code ${code}`
      reject(new CommandFailed(`${folder.name} ended (${how}) before it was ready: see ${folder.log}.`))
    })
  })
}
