import type { ResponseOf } from '../codec/api.ts'
import { fetch } from '../kafka/schema/fetch.ts'
import { type ConsumedRecord, recordsIn } from './consumed-record.ts'
import type { KafkaClient } from './kafka-client.ts'
import { BrokerUnreachable, Cancelled, KafkaError } from './kafka-error.ts'
import { byTopic, findOffsets, keyOf, type TopicPartition } from './offsets.ts'
import { backoff, mayPass, sleep } from './wait.ts'

export interface FetcherOptions {
  /** How long the broker may wait for `minBytes`. */
  readonly maxWaitMs: number
  readonly minBytes: number
  /** Of one answer, and of one partition in it. A larger batch comes all the same. */
  readonly maxBytes: number
  readonly partitionMaxBytes: number
  readonly readCommitted: boolean
  /** Where to go on when the wanted offset is not there (any more); `fail`: nowhere. */
  readonly onOutOfRange: 'earliest' | 'latest' | 'fail'
}

interface FetchState extends TopicPartition {
  /** Offset of the next fetch. */
  position: number
  /** Fetched and not taken yet. */
  buffered: ConsumedRecord[]
}

type FetchedPartition = ResponseOf<typeof fetch>['responses'][number]['partitions'][number]

const offsetOutOfRange = 1
/** Later versions name topics by id. */
const fetchVersionMax = 12

/**
 * Reads assigned partitions ahead, one request per leader at a time, and only partitions of which everything was taken:
 * so at most one answer per leader is held.
 */
export class Fetcher {
  readonly #client: KafkaClient
  readonly #options: FetcherOptions
  /** A partition that is assigned anew or moved is a new state: what comes for the old one is dropped. */
  readonly #states = new Map<string, FetchState>()
  readonly #busyLeaders = new Set<number>()
  readonly #busy = new Set<FetchState>()
  readonly #ended = new AbortController()
  #failure: Error | null = null
  #failedTries = 0
  #arrived: () => void = () => {}

  constructor(client: KafkaClient, options: FetcherOptions) {
    this.#client = client
    this.#options = options
  }

  /** Reads these and no others from now on, each from its offset. */
  assign(partitions: readonly (TopicPartition & { readonly offset: number })[]): void {
    this.#states.clear()
    for (const at of partitions) this.seek(at, at.offset)
  }

  /** Goes on from `offset` with one partition. What was fetched of it is dropped. */
  seek(at: TopicPartition, offset: number): void {
    const { topic, partition } = at
    this.#states.set(keyOf(at), { topic, partition, position: offset, buffered: [] })
    // Who waits for records waits for these now.
    this.#arrived()
  }

  /** Whether everything below `end` was fetched and taken. */
  hasTaken(at: TopicPartition, end: number): boolean {
    const state = this.#states.get(keyOf(at))
    return state !== undefined && state.buffered.length === 0 && state.position >= end
  }

  /** Records of one partition, in order; empty when none came in time. */
  async take(timeoutMs: number, signal?: AbortSignal): Promise<ConsumedRecord[]> {
    const { clock } = this.#client.runtime
    const until = clock.monotonicMs() + timeoutMs
    for (;;) {
      if (this.#failure !== null) {
        const failure = this.#failure
        this.#failure = null
        throw failure
      }
      const ready = this.#takeBuffered()
      if (ready !== null) return ready
      const leftMs = until - clock.monotonicMs()
      if (leftMs <= 0) return []
      const arrival = this.#arrival(leftMs, signal)
      this.#fetchIdle()
      await arrival
    }
  }

  close(): void {
    this.#states.clear()
    this.#ended.abort()
    this.#arrived()
  }

  #takeBuffered(): ConsumedRecord[] | null {
    for (const [key, state] of this.#states) {
      if (state.buffered.length === 0) continue
      const records = state.buffered
      state.buffered = []
      // To the end of the line: every partition gets its turn.
      this.#states.delete(key)
      this.#states.set(key, state)
      return records
    }
    return null
  }

  /** Resolves when something came, or the time is up. */
  #arrival(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = () => {
        timer.cancel()
        signal?.removeEventListener('abort', onAbort)
        this.#arrived = () => {}
      }
      const timer = this.#client.runtime.clock.setTimer(timeoutMs, () => {
        done()
        resolve()
      })
      const onAbort = () => {
        done()
        reject(new Cancelled('consuming'))
      }
      if (signal?.aborted) return onAbort()
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#arrived = () => {
        done()
        resolve()
      }
    })
  }

  #fetchIdle(): void {
    const wanted = [...this.#states.values()].filter((state) => state.buffered.length === 0 && !this.#busy.has(state))
    if (wanted.length === 0 || this.#ended.signal.aborted) return
    for (const state of wanted) this.#busy.add(state)
    void this.#fetchAll(wanted)
  }

  /** Finds the leaders, and asks those that are not being asked. */
  async #fetchAll(wanted: readonly FetchState[]): Promise<void> {
    const byLeader = new Map<number, FetchState[]>()
    let failure: unknown = null
    for (const state of wanted) {
      try {
        const { leader } = await this.#client.leaderOf(state.topic, state.partition)
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), state])
      } catch (error) {
        failure = error
        this.#busy.delete(state)
      }
    }
    if (failure !== null) await this.#pauseAfter(failure)
    for (const [leader, states] of byLeader) {
      if (this.#busyLeaders.has(leader)) for (const state of states) this.#busy.delete(state)
      else void this.#fetchFrom(leader, states)
    }
    if (byLeader.size === 0) this.#arrived()
  }

  async #fetchFrom(leader: number, states: readonly FetchState[]): Promise<void> {
    this.#busyLeaders.add(leader)
    try {
      const { maxWaitMs, minBytes, maxBytes, partitionMaxBytes, readCommitted } = this.#options
      const body = {
        maxWaitMs,
        minBytes,
        maxBytes,
        isolationLevel: readCommitted ? 1 : 0,
        topics: [...byTopic(states)].map(([topic, mine]) => ({
          topic,
          partitions: mine.map(({ partition, position }) => ({ partition, fetchOffset: position, partitionMaxBytes })),
        })),
      }
      const answer = await this.#client.call(fetch, body, {
        to: leader,
        lane: 'fetch',
        signal: this.#ended.signal,
        timeoutMs: maxWaitMs + this.#client.requestTimeoutMs,
        versionMax: fetchVersionMax,
      })
      if (answer.errorCode !== 0) throw new KafkaError(answer.errorCode, 'fetching')
      for (const { topic, partitions } of answer.responses) {
        for (const fetched of partitions)
          await this.#onFetched({ topic, partition: fetched.partitionIndex }, fetched, states)
      }
      this.#failedTries = 0
    } catch (error) {
      await this.#pauseAfter(error)
    } finally {
      this.#busyLeaders.delete(leader)
      for (const state of states) this.#busy.delete(state)
      this.#arrived()
    }
  }

  async #onFetched(at: TopicPartition, fetched: FetchedPartition, asked: readonly FetchState[]): Promise<void> {
    const state = this.#states.get(keyOf(at))
    if (state === undefined || !asked.includes(state)) return
    if (fetched.errorCode === offsetOutOfRange && this.#options.onOutOfRange !== 'fail') {
      const [found] = await findOffsets(this.#client, [{ ...at, at: this.#options.onOutOfRange }])
      state.position = found?.offset ?? state.position
      return
    }
    if (fetched.errorCode !== 0)
      throw new KafkaError(fetched.errorCode, `fetching ${keyOf(at)} at offset ${state.position}`)
    const bytes = Buffer.from(fetched.records ?? [])
    const { records, next } = await recordsIn({
      ...at,
      bytes,
      from: state.position,
      aborted: this.#options.readCommitted ? fetched.abortedTransactions : null,
    })
    // Decompression took a turn, in which the partition may have been moved.
    if (this.#states.get(keyOf(at)) !== state) return
    state.buffered = records
    state.position = next
  }

  /** What may pass is waited out; anything else is the taker's. */
  async #pauseAfter(error: unknown): Promise<void> {
    if (this.#ended.signal.aborted) return
    if (!mayPass(error)) {
      this.#failure = error instanceof Error ? error : new Error(String(error))
      return
    }
    if (error instanceof BrokerUnreachable || (error instanceof KafkaError && error.cure === 'refresh'))
      this.#client.forget()
    const { clock, random } = this.#client.runtime
    await sleep(clock, backoff(random, this.#failedTries++), this.#ended.signal).catch(() => {})
  }
}
