import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { BrokerFolder } from './cluster-folder.ts'
import { CommandFailed } from './command-failed.ts'

export interface StartedBroker {
  readonly id: number
  readonly pid: number
  /** The line that the broker printed once clients could work. */
  readonly ready: string
  /** Resolves when the process is gone; null when it was killed by a signal. */
  readonly ended: Promise<number | null>
  /** Lets this process end while the broker goes on. */
  letGo(): void
}

/**
 * Starts a broker in a process of its own, whose log is `broker.log`, and waits until clients can work. A broker that
 * is not detached ends when this process does. Rejects with the broker's own reason.
 */
export async function startBrokerProcess(folder: BrokerFolder, detached: boolean): Promise<StartedBroker> {
  const log = openSync(folder.log, 'a')
  let child: ChildProcess
  try {
    const script = fileURLToPath(new URL('broker-process.js', import.meta.url))
    const options = ['--config', folder.config, '--pid-file', folder.pid.path, ...(detached ? ['--detached'] : [])]
    // A session of its own: Ctrl-C reaches the starter alone, who stops the broker cleanly.
    child = spawn(process.execPath, [script, ...options], {
      cwd: folder.path,
      detached: true,
      stdio: ['ignore', log, log, 'pipe'],
    })
  } finally {
    closeSync(log)
  }
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const channel = child.stdio[3] as Duplex
  const ready = await firstAnswer(child, channel, folder)
  return {
    id: folder.id,
    pid: child.pid as number,
    ready,
    ended,
    letGo: () => {
      channel.destroy()
      child.unref()
    },
  }
}

function firstAnswer(child: ChildProcess, channel: Duplex, folder: BrokerFolder): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    channel.on('error', () => {})
    channel.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (!text.includes('\n')) return
      const answer = JSON.parse(text.slice(0, text.indexOf('\n'))) as { ready?: string; failed?: string }
      text = ''
      if (answer.ready !== undefined) resolve(answer.ready)
      else reject(new CommandFailed(answer.failed ?? `Broker ${folder.id} could not start: see ${folder.log}.`))
    })
    child.once('error', (error) =>
      reject(new CommandFailed(`Broker ${folder.id} could not be started: ${error.message}`)),
    )
    // What it has told before comes first, and decides.
    child.once('close', (code, signal) => {
      reject(
        new CommandFailed(
          `Broker ${folder.id} ended (${signal ?? `code ${code}`}) before it was ready: see ${folder.log}.`,
        ),
      )
    })
  })
}
