import { run } from '../child.ts'
import { startKafka } from './kafka.ts'
import type { Target, TargetName } from './target.ts'
import { startTrilog } from './trilog.ts'

export interface ExternalBroker {
  bootstrap: string
  killCommand?: string | undefined
  startCommand?: string | undefined
}

export function startTarget(name: TargetName): Promise<Target> {
  switch (name) {
    case 'trilog':
      return startTrilog()
    case 'kafka':
      return startKafka()
    default:
      return name satisfies never
  }
}

/** A broker that runs already. It can be killed and started only by commands that the caller gives. */
export function externalTarget(broker: ExternalBroker): Target {
  const { bootstrap, killCommand, startCommand } = broker
  const shell = async (command: string): Promise<void> => {
    const outcome = await run('sh', ['-c', command], { timeoutMs: 90_000 })
    if (outcome.code !== 0) throw new Error(`${command}: exit code ${outcome.code}: ${outcome.stderr.trim()}`)
  }
  const control =
    killCommand === undefined || startCommand === undefined
      ? null
      : {
          kill: () => shell(killCommand),
          restart: () => shell(startCommand),
          halt: () => shell(killCommand),
          startCommand,
          dataFolder: null,
          pids: async () => [],
        }
  return { name: bootstrap, bootstrap, createsLater: true, control, stop: async () => {} }
}
