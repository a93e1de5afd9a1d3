import type { Clock } from '../runtime/clock.ts'
import type { Random } from '../runtime/random.ts'
import { BrokerUnreachable, Cancelled, KafkaError } from './kafka-error.ts'

/** Resolves after `delayMs`; rejects with `Cancelled` as soon as the signal says so. Leaves no timer behind. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new Cancelled('waiting'))
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    const onAbort = () => {
      timer.cancel()
      reject(new Cancelled('waiting'))
    }
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** The promise, or `Cancelled` as soon as the signal says so; the promise itself goes on unheard. */
export function orCancelled<T>(promise: Promise<T>, doing: string, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new Cancelled(doing))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    const done = () => signal.removeEventListener('abort', onAbort)
    promise.then(
      (value) => {
        done()
        resolve(value)
      },
      (error: unknown) => {
        done()
        reject(error instanceof Error ? error : new Error(String(error)))
      },
    )
  })
}

export interface RetryOptions {
  readonly clock: Clock
  readonly random: Random
  /** How long to go on trying; the last error is thrown then. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** Errors worth another try; default: all that may pass. */
  readonly worthIt?: (error: unknown) => boolean
}

const firstBackoffMs = 50
const backoffMsMax = 1_000

/**
 * Tries until it works, the error is final, or the time is up. Waits a little longer each time, and never as long as
 * the next client, so that clients do not come back all at once. `attempt` is told how much time is left.
 */
export async function retrying<T>(options: RetryOptions, attempt: (leftMs: number) => Promise<T>): Promise<T> {
  const { clock, random, signal } = options
  const deadline = clock.monotonicMs() + options.timeoutMs
  const worthIt = options.worthIt ?? mayPass
  for (let tries = 0; ; tries++) {
    try {
      return await attempt(Math.max(1, deadline - clock.monotonicMs()))
    } catch (error) {
      const backoffMs = backoff(random, tries)
      if (!worthIt(error) || clock.monotonicMs() + backoffMs >= deadline) throw error
      await sleep(clock, backoffMs, signal)
    }
  }
}

/** Between half of the step and all of it. */
export function backoff(random: Random, tries: number): number {
  const stepMs = Math.min(backoffMsMax, firstBackoffMs * 2 ** Math.min(tries, 10))
  return stepMs / 2 + (random.float() * stepMs) / 2
}

export function mayPass(error: unknown): boolean {
  return error instanceof BrokerUnreachable || (error instanceof KafkaError && error.cure !== 'give-up')
}
