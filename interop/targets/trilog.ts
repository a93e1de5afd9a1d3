import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onEnd, runOrThrow } from '../child.ts'
import { freePortBase } from '../free-ports.ts'
import { trilogMain } from '../package-root.ts'
import { removeFolder } from './remove-folder.ts'
import type { Target } from './target.ts'

const startMs = 30_000

/** A Trilog broker through its own command line, in a folder of its own under the system's temporary folder. */
export async function startTrilog(): Promise<Target> {
  const data = await mkdtemp(join(tmpdir(), 'trilog-interop-'))
  const port = await freePortBase([20, 1000])
  const trilog = (...args: string[]): Promise<string> =>
    runOrThrow(process.execPath, [trilogMain, ...args], { timeoutMs: startMs })
  const up = (...args: string[]): Promise<string> => trilog('up', '--data', data, ...args, '--detach')
  const stop = async (): Promise<void> => {
    release()
    await runOrThrow(process.execPath, [trilogMain, 'down', '--data', data], { timeoutMs: startMs, cleanup: true })
    await removeFolder(data)
  }
  const release = onEnd(stop)
  const bootstrap = bootstrapOf(await up('--kafka-port', String(port), '--http-port', String(port + 1000)))
  return {
    name: 'trilog',
    bootstrap,
    createsLater: false,
    stop,
    control: {
      kill: async () => void (await trilog('broker', 'kill', '1', '--data', data)),
      restart: async () => void bootstrapOf(await up()),
      halt: async () => void (await trilog('down', '--data', data)),
      startCommand: `'${process.execPath}' '${trilogMain}' up --data '${data}' --detach`,
      dataFolder: join(data, 'broker-1', 'data'),
      pids: async () => [Number.parseInt(await readFile(join(data, 'broker-1', 'pid'), 'utf8'), 10)],
    },
  }
}

function bootstrapOf(output: string): string {
  const ready = output.split('\n').find((line) => line.startsWith('ready'))
  const bootstrap = ready?.match(/\bkafka=(\S+)/)?.[1]
  if (bootstrap === undefined) throw new Error(`trilog up printed no ready line: ${output.trim()}`)
  return bootstrap
}
