import { runOrThrow } from '../interop/child.ts'
import { kafkaScript } from '../interop/targets/kafka.ts'
import type { Target } from '../interop/targets/target.ts'
import { processCost } from './process-cost.ts'

export interface ColdStart {
  /** Milliseconds from just before the start command to the first accepted connection. */
  tcpMs: number
  /** To the first acks=all acknowledgement. */
  firstAckMs: number
  /** User and system time of the broker until shortly after that; null without /proc. */
  cpuSeconds: number | null
}

/**
 * Starts a halted broker on its data while a Java client, loaded before, is trying to create a topic and to produce.
 * The broker is halted again afterwards.
 */
export async function coldStart(target: Target): Promise<ColdStart> {
  if (target.control === null) throw new Error('a cold start needs a broker that can be started')
  const args = ['probe', 'coldstart', '--bootstrap', target.bootstrap, '--start-cmd', target.control.startCommand]
  const text = await runOrThrow(kafkaScript, args, { timeoutMs: 120_000 })
  const cost = processCost(await target.control.pids())
  await target.control.halt()
  const row = text.trim().split('\n').at(-1)?.split('\t').map(Number) ?? []
  const [tcpMs, , firstAckMs] = row
  if (tcpMs === undefined || firstAckMs === undefined) throw new Error(`the probe printed: ${text}`)
  return { tcpMs, firstAckMs, cpuSeconds: cost?.cpuSeconds ?? null }
}
