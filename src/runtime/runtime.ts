import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'

/** Everything through which a broker touches the world. Two implementations: `node/` and `sim/`. */
export interface Runtime {
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  readonly network: Network
  readonly logger: Logger
  readonly metrics: Metrics
  /** Identity of the machine's present boot (changes with a power cut, not with a process kill); null when unknown. */
  readonly bootId: string | null
  /** Ends the process after a fault that it cannot go on with. In simulation: the node crashes. */
  readonly exit: (code: number) => void
}
