/**
 * The process of one broker or controller that `trilog up` or `trilog broker start` started: without the command line's own parts, so
 * that it starts fast. File descriptor 3 is its starter: it is told how the start went, and while it is open (not
 * detached) its end means that the starter is gone, however it died.
 */
import { Socket } from 'node:net'
import { parseArgs } from 'node:util'
import { CommandFailed, exitCodes, sentenceOf } from './command-failed.ts'
import { runNode } from './run-node.ts'
import { stopSignals } from './stop-signals.ts'

process.setSourceMapsEnabled(true)

const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    'pid-file': { type: 'string' },
    detached: { type: 'boolean', default: false },
  },
})

const starter = new Socket({ fd: 3, readable: true, writable: true })
// It may go away at any time; that is told by its end.
starter.on('error', () => {})
starter.unref()

const stopWanted = Promise.race([stopSignals(), starterGone()])

try {
  await runNode({
    configPath: values.config as string,
    insecureListen: false,
    log: { fd: 2, pretty: false },
    pidPath: values['pid-file'] as string,
    onReady: (line) => {
      tell({ ready: line })
      if (values.detached) starter.end()
    },
    stopWanted,
  })
  process.exit(exitCodes.done)
} catch (error) {
  // In the log as well: the starter may be gone.
  console.error(error instanceof CommandFailed ? error.message : error)
  tell({ failed: sentenceOf(error) })
  starter.end(() => process.exit(exitCodes.failed))
}

function starterGone(): Promise<string> {
  return new Promise((resolve) => {
    starter.on('close', () => {
      if (!values.detached) resolve('the process that started it is gone')
    })
    starter.resume()
  })
}

function tell(message: { ready: string } | { failed: string }): void {
  if (!starter.destroyed) starter.write(`${JSON.stringify(message)}\n`)
}
