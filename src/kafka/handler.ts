import type { WaitingMemory } from '../broker/read-path.ts'
import type { Api, RequestOf, ResponseInputOf } from '../codec/api.ts'

/** What a handler knows about the caller and the call. */
export interface RequestContext {
  readonly version: number
  readonly clientId: string | null
  /** Host of the peer as groups show it, for example `/127.0.0.1`. */
  readonly clientHost: string
  /** Unique per connection and process life. */
  readonly connectionId: number
  /** The listener's name, PLAINTEXT here. */
  readonly listenerName: string
  /**
   * Calls `release` when the response has been handed to the system, or will never be: buffers in it are free then.
   * `lentBytes` of the response are such buffers, counted where they came from and not among the answer's own bytes.
   */
  readonly afterSent: (release: () => void, lentBytes: number) => void
  /** What is read from disk for the answer is counted here. */
  readonly answerMemory: WaitingMemory
  /** Calls `run` if the connection closes before the answer is given. */
  readonly ifClosed: (run: () => void) => void
  /** Closes the connection: the only way to tell a client that wants no answer that something went wrong. */
  readonly hangUp: (why: string) => void
}

/** What `serve` may give: the response, or null for a request that is not answered (Produce with acks=0). */
type Answer<A extends Api> = ResponseInputOf<A> | null

/**
 * Serves one API. Fields of type `bytes` and `records` in the request are views on the connection's buffer: they hold
 * only until `serve` first returns or awaits; what must outlive that is copied.
 * A thrown error is logged and closes the connection.
 */
export interface Handler<A extends Api = Api> {
  readonly api: A
  serve(request: RequestOf<A>, context: RequestContext): Answer<A> | Promise<Answer<A>>
}

/** Ties a handler to its API, so that the types of both sides are known inside it. */
export function handler<A extends Api>(
  api: A,
  serve: (request: RequestOf<A>, context: RequestContext) => Answer<A> | Promise<Answer<A>>,
): Handler<A> {
  return { api, serve }
}
