import { type Api, decodeRequest, encodeResponse, readPreamble, type ResponseInputOf } from '../codec/api.ts'
import type { Clock } from '../runtime/clock.ts'
import type { InvariantViolation } from '../runtime/invariant.ts'
import type { Counter, Histogram, Metrics } from '../runtime/metrics.ts'
import { kafkaErrors } from './errors.ts'
import type { Handler, RequestContext } from './handler.ts'
import { apiVersions } from './schema/api-versions.ts'
import { fetch } from './schema/fetch.ts'
import { joinGroup } from './schema/join-group.ts'
import { produce } from './schema/produce.ts'
import { syncGroup } from './schema/sync-group.ts'

type Frames = readonly Uint8Array[]

/** A request whose bytes have been read, ready to be served. */
export interface OpenedRequest {
  readonly apiName: string
  readonly version: number
  readonly clientId: string | null
  /** Whether another such request may be served while this one waits for its acknowledgement. */
  readonly mayOverlap: boolean
  /** The response's frame with its length, in pieces; null: no answer is sent. */
  serve(context: RequestContext): Frames | null | Promise<Frames | null>
}

interface Served {
  readonly handler: Handler
  /** Size of the largest answer so far; 0 where it is not reserved before the request is served. */
  answerBytes: number
  readonly reserves: boolean
  readonly requests: Counter
  readonly latency: Histogram
}

/**
 * What is not kept free for their answers while they are served: a fetch counts what it reads as it reads it, members of
 * a group wait for one another, and produces are many and their answers small.
 */
const withoutReserve: ReadonlySet<number> = new Set([fetch.key, joinGroup.key, syncGroup.key, produce.key])

const latencyBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Finds the handler of a request and puts its answer into bytes. */
export class Dispatcher {
  readonly #served = new Map<number, Served>()
  readonly #clock: Clock
  readonly #crash: (violation: InvariantViolation) => void

  constructor(parts: {
    handlers: readonly Handler[]
    clock: Clock
    metrics: Metrics
    /** Ends the process: an invariant of Trilog does not hold. */
    crash: (violation: InvariantViolation) => void
  }) {
    this.#clock = parts.clock
    this.#crash = parts.crash
    for (const handler of parts.handlers) {
      const labels = { api: handler.api.name }
      this.#served.set(handler.api.key, {
        handler,
        answerBytes: 0,
        reserves: !withoutReserve.has(handler.api.key),
        requests: parts.metrics.counter({
          name: 'trilog_kafka_requests_total',
          help: 'Requests of Kafka clients, by API.',
          labels,
        }),
        latency: parts.metrics.histogram({
          name: 'trilog_kafka_request_duration_seconds',
          help: 'From the whole request to its answer, waiting for data or acknowledgements included.',
          labels,
          buckets: latencyBuckets,
        }),
      })
    }
  }

  onInvariantViolation(violation: InvariantViolation): void {
    this.#crash(violation)
  }

  /**
   * Whether the request may be taken while others like it wait for their answers. Only a produce may: its place in the
   * log is fixed when it is taken, while other requests could see the state before or after their predecessors.
   */
  mayOverlap(frame: Buffer): boolean {
    return frame.length >= 2 && frame.readInt16BE(0) === produce.key
  }

  /** How much memory to keep for the answer before the request is served: as much as such answers took at most so far. */
  answerBytesOf(frame: Buffer): number {
    return frame.length < 2 ? 0 : (this.#served.get(frame.readInt16BE(0))?.answerBytes ?? 0)
  }

  /** Reads a request; a sentence, where it cannot be read, after which the connection is of no more use. */
  open(frame: Buffer): OpenedRequest | string {
    const { apiKey, version, correlationId } = readPreamble(frame)
    const served = this.#served.get(apiKey)
    if (served === undefined) return `API ${apiKey} is not served`
    const { api } = served.handler
    if (version < api.versions[0] || version > api.versions[1]) {
      // A newer client falls back once it is told, in the oldest form, what there is (KIP-511).
      if (api.key === apiVersions.key) return unsupportedApiVersions(served, correlationId)
      return `${api.name} version ${version} is not served, only ${api.versions[0]} to ${api.versions[1]}`
    }
    const request = decodeRequest(api, frame)
    const header = { version, correlationId }
    return {
      apiName: api.name,
      version,
      clientId: request.clientId,
      mayOverlap: apiKey === produce.key,
      serve: (context) => {
        served.requests.add()
        const begun = this.#clock.monotonicMs()
        const finish = (response: ResponseInputOf<Api> | null): Frames | null => {
          served.latency.observe((this.#clock.monotonicMs() - begun) / 1000)
          if (response === null) return null
          const frames = encodeResponse(api, header, response)
          if (served.reserves) served.answerBytes = Math.max(served.answerBytes, bytesOf(frames))
          return frames
        }
        const answer = served.handler.serve(request.body, context)
        return answer instanceof Promise ? answer.then(finish) : finish(answer)
      },
    }
  }
}

function bytesOf(frames: Frames): number {
  return frames.reduce((sum, { byteLength }) => sum + byteLength, 0)
}

function unsupportedApiVersions({ handler }: Served, correlationId: number): OpenedRequest {
  return {
    apiName: handler.api.name,
    version: 0,
    clientId: null,
    mayOverlap: false,
    async serve(context) {
      const table = await handler.serve({} as never, { ...context, version: 0 })
      const answer = { ...table, errorCode: kafkaErrors.UNSUPPORTED_VERSION.code }
      return encodeResponse(handler.api, { version: 0, correlationId }, answer)
    },
  }
}
