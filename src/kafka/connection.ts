import { MalformedInput } from '../codec/malformed-input.ts'
import { InvariantViolation } from '../runtime/invariant.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Connection, Receiver } from '../runtime/network.ts'
import type { Dispatcher, OpenedRequest } from './dispatcher.ts'
import { type BegunFrame, type FrameResources, FrameReader } from './frame-reader.ts'
import type { HeavyTurns } from './heavy-turns.ts'
import { MemoryAccount } from './memory-account.ts'
import type { MemoryBound } from './memory-bound.ts'
import { RequestCost } from './request-cost.ts'

/** One request's place in the order of the answers. */
interface Slot {
  readonly request: OpenedRequest
  /** What it holds of the memory for requests. */
  bytes: number
  answered: boolean
  buffers: readonly Uint8Array[] | null
  /** What the answer's own bytes, first as expected and then as they are, hold of the memory for answers. */
  answerBytes: number
  /** Bytes of the answer that are counted where they came from. */
  lentBytes: number
  readonly releases: (() => void)[]
  readonly closers: (() => void)[]
  /** It was begun in a turn for heavy requests. */
  readonly inTurn: boolean
  /** For how long taking it up has kept the event loop busy. */
  takingMs: number
}

export interface ConnectionBounds {
  /** Requests that may wait for their answers at once. */
  readonly inFlightMax: number
  /** Bytes of them, and bytes of answers that the client has not taken yet. */
  readonly inFlightBytesMax: number
  readonly unsentBytesMax: number
  /** Bytes of requests that are served, and of answers, that it may hold whatever others hold. */
  readonly ownBytes: number
}

/**
 * One client's connection: requests in, answers out in the same order. Requests are served one after the other, as Kafka's
 * broker does, but a produce may follow a produce that still waits for its acknowledgement: its place in the log is fixed
 * when it is taken. Who does not read his answers, or has too much waiting, is not read from, and who would need memory
 * for an answer of which others hold all that may be held waits for it before the request is begun.
 */
export class ClientConnection implements Receiver {
  readonly #connection: Connection
  readonly #dispatcher: Dispatcher
  readonly #reader: FrameReader
  readonly #requests: MemoryAccount
  readonly #answers: MemoryAccount
  readonly #turns: HeavyTurns
  readonly cost = new RequestCost()
  /** It may begin a heavy request: its turn has come. */
  #hasTurn = false
  readonly #bounds: ConnectionBounds
  readonly #logger: Logger
  readonly #id: number
  readonly #onClosed: (connection: ClientConnection) => void
  readonly #slots: Slot[] = []
  #inFlightBytes = 0
  #open = true
  #draining = false
  #lastUsedMs: number
  readonly #nowMs: () => number
  /** When each of the answers that the system has not taken yet was written. */
  readonly #unsent: number[] = []

  constructor(parts: {
    connection: Connection
    id: number
    dispatcher: Dispatcher
    resources: FrameResources
    requests: MemoryBound
    answers: MemoryBound
    turns: HeavyTurns
    bounds: ConnectionBounds
    logger: Logger
    nowMs: () => number
    onClosed: (connection: ClientConnection) => void
  }) {
    this.#connection = parts.connection
    this.#id = parts.id
    this.#dispatcher = parts.dispatcher
    this.#bounds = parts.bounds
    this.#turns = parts.turns
    this.#requests = new MemoryAccount(parts.requests, parts.bounds.ownBytes)
    this.#answers = new MemoryAccount(parts.answers, parts.bounds.ownBytes)
    this.#logger = parts.logger
    this.#nowMs = parts.nowMs
    this.#lastUsedMs = parts.nowMs()
    this.#onClosed = parts.onClosed
    this.#reader = new FrameReader(parts.resources, {
      frame: (frame) => this.#onFrame(frame),
      malformed: (what) => this.#fail(what),
      pause: (paused) => (paused ? this.#connection.pause() : this.#connection.resume()),
    })
  }

  /** Monotonic time of the last request or answer; a connection that waits for an answer is in use now. */
  get lastUsedMs(): number {
    return this.#slots.length > 0 ? this.#nowMs() : this.#lastUsedMs
  }

  /** Since when the oldest answer waits that the client has not taken; null: there is none. */
  get unsentSinceMs(): number | null {
    return this.#unsent[0] ?? null
  }

  /** What its answers hold of the memory that is shared with others. */
  get sharedAnswerBytes(): number {
    return this.#answers.sharedBytes
  }

  /** What has come of a request that has not begun to be served; null: nothing. */
  get begunFrame(): BegunFrame | null {
    return this.#reader.begun
  }

  /** What such a request holds of the memory that is shared with others. */
  get sharedFrameBytes(): number {
    return this.#reader.sharedBytes
  }

  /** Whether it cannot go on for want of memory, or of an answer that is still to be made: it is not the client's fault. */
  get waitsForBroker(): boolean {
    const waits = this.#reader.waitsForMemory || this.#requests.waits || this.#answers.waits
    return waits || (this.#slots.length > 0 && this.#unsent.length === 0)
  }

  get client(): string {
    const { host, port } = this.#connection.remote
    return `${host}:${port}`
  }

  allocate(): Uint8Array {
    return this.#reader.allocate()
  }

  received(bytes: number): void {
    this.#reader.received(bytes)
  }

  closed(): void {
    if (!this.#open) return
    this.#open = false
    this.#reader.close()
    this.#requests.forget()
    this.#answers.forget()
    this.#turns.forget(this)
    const slots = this.#slots.splice(0)
    for (const slot of slots) {
      if (!slot.answered) for (const run of slot.closers) run()
      this.#release(slot)
    }
    this.#onClosed(this)
  }

  /** Closes at once; waiting requests are dropped. */
  destroy(): void {
    this.#connection.destroy()
    this.closed()
  }

  /** Takes no new request; closes when those that wait are answered. */
  drain(): void {
    this.#draining = true
    if (this.#slots.length === 0) this.#connection.end()
  }

  #onFrame(frame: Buffer): boolean {
    const answerBytes = this.#mayStart(frame) ? this.#takeRoom(frame) : null
    if (answerBytes === null) return false
    const inTurn = this.#hasTurn
    this.#hasTurn = false
    const begunMs = this.#nowMs()
    this.#lastUsedMs = begunMs
    const request = this.#opened(frame)
    if (typeof request !== 'string') this.#serve(request, { bytes: frame.length, answerBytes, inTurn, begunMs })
    else {
      this.#requests.give(frame.length)
      this.#answers.give(answerBytes)
      this.#fail(request)
    }
    return true
  }

  /** Called when other connections with heavy requests have had their turn. */
  takeTurn(): void {
    // Nobody hears of that by himself while more requests wait to be read.
    if (this.#connection.isReset) return this.destroy()
    this.#hasTurn = true
    this.#reader.resume()
    this.#hasTurn = false
  }

  #opened(frame: Buffer): OpenedRequest | string {
    try {
      return this.#dispatcher.open(frame)
    } catch (error) {
      if (!(error instanceof MalformedInput)) throw error
      return error.message
    }
  }

  #mayStart(frame: Buffer): boolean {
    if (this.#draining) return false
    if (this.#connection.queuedBytes > this.#bounds.unsentBytesMax) return false
    if (!this.#mayFollow(frame)) return false
    if (this.#hasTurn) return true
    const listBytes = this.#dispatcher.mayOverlap(frame) ? 0 : frame.length
    const expectedMs = this.cost.expectedMs(listBytes, this.#turns.isBusy)
    if (expectedMs > 0) this.#turns.wait(this, expectedMs)
    else this.#turns.arrived()
    return expectedMs === 0
  }

  /** Takes memory for the request and for its answer, as large as such answers were; null: it has to wait for it. */
  #takeRoom(frame: Buffer): number | null {
    const expected = this.#dispatcher.answerBytesOf(frame)
    if (expected > 0 && this.#answers.take(expected, expected) === 0) {
      this.#answers.wait(expected, this.#roomCame)
      return null
    }
    // Charged until it is answered, even if the client is gone by then: its records may still wait for the disk.
    if (this.#requests.take(frame.length, frame.length) > 0) return expected
    this.#answers.give(expected)
    this.#requests.wait(frame.length, this.#roomCame)
    return null
  }

  readonly #roomCame = (): void => {
    this.#reader.resume()
    this.#requests.forget()
    this.#answers.forget()
  }

  #mayFollow(frame: Buffer): boolean {
    if (this.#slots.length === 0) return true
    if (this.#slots.length >= this.#bounds.inFlightMax) return false
    if (this.#inFlightBytes + frame.length > this.#bounds.inFlightBytesMax) return false
    return this.#dispatcher.mayOverlap(frame) && this.#slots.every((slot) => slot.request.mayOverlap)
  }

  #serve(
    request: OpenedRequest,
    facts: { bytes: number; answerBytes: number; inTurn: boolean; begunMs: number },
  ): void {
    const empty = { answered: false, buffers: null, lentBytes: 0, takingMs: 0 }
    const slot: Slot = { request, ...facts, ...empty, releases: [], closers: [] }
    this.#slots.push(slot)
    this.#inFlightBytes += facts.bytes
    const context = {
      version: request.version,
      clientId: request.clientId,
      clientHost: `/${this.#connection.remote.host}`,
      connectionId: this.#id,
      listenerName: 'PLAINTEXT',
      answerMemory: this.#answers,
      afterSent: (release: () => void, lentBytes: number) => {
        slot.lentBytes += lentBytes
        if (this.#open) slot.releases.push(release)
        else release()
      },
      ifClosed: (run: () => void) => void (this.#open ? slot.closers.push(run) : run()),
      mayWaitWith: (bytes: number) => {
        slot.bytes += bytes
        this.#inFlightBytes += bytes
        this.#requests.add(bytes)
        return !this.#requests.isShort
      },
      hangUp: (why: string) => this.#hangUp(why),
    }
    try {
      const answer = request.serve(context)
      slot.takingMs = this.#nowMs() - facts.begunMs
      this.#turns.spent(slot.takingMs)
      if (answer instanceof Promise) {
        answer.then(
          (buffers) => this.#onAnswer(slot, buffers),
          (error) => this.#onServeFailure(slot, error),
        )
      } else this.#onAnswer(slot, answer)
    } catch (error) {
      this.#onServeFailure(slot, error)
    }
  }

  #onServeFailure(slot: Slot, error: unknown): void {
    // Thrown on, out of any promise: it must end the process.
    this.#requests.give(slot.bytes)
    if (error instanceof InvariantViolation) return this.#dispatcher.onInvariantViolation(error)
    const { apiName, version } = slot.request
    const stack = error instanceof Error ? error.stack : String(error)
    this.#logger.error({ api: apiName, version, stack }, 'a request failed; its connection is closed')
    this.destroy()
  }

  #onAnswer(slot: Slot, buffers: readonly Uint8Array[] | null): void {
    slot.answered = true
    this.cost.took(slot.takingMs + slot.request.encodeMs, slot.inTurn)
    this.#turns.spent(slot.request.encodeMs)
    slot.buffers = buffers
    this.#requests.give(slot.bytes)
    if (!this.#open) return this.#release(slot)
    this.#countAnswer(slot)
    this.#send()
  }

  #countAnswer(slot: Slot): void {
    let bytes = -slot.lentBytes
    for (const buffer of slot.buffers ?? []) bytes += buffer.byteLength
    const more = Math.max(0, bytes) - slot.answerBytes
    slot.answerBytes += more
    if (more > 0) this.#answers.add(more)
    else this.#answers.give(-more)
  }

  /** Sends the answers that are next in order, then lets the reader go on. */
  #send(): void {
    let sent = false
    const nowMs = this.#nowMs()
    for (let slot = this.#slots[0]; slot?.answered === true; slot = this.#slots[0]) {
      this.#slots.shift()
      this.#inFlightBytes -= slot.bytes
      sent = true
      if (slot.buffers === null) this.#release(slot)
      else {
        this.#unsent.push(nowMs)
        this.#connection.write(slot.buffers, () => this.#onSent(slot))
      }
    }
    if (!sent) return
    this.#lastUsedMs = nowMs
    if (this.#draining && this.#slots.length === 0) this.#connection.end()
    else this.#reader.resume()
  }

  #onSent(slot: Slot): void {
    this.#unsent.shift()
    this.#release(slot)
    // A reader that stopped because of unsent answers goes on once they are gone.
    if (this.#open) this.#reader.resume()
  }

  #fail(what: string): void {
    this.#hangUp(`its bytes cannot be understood: ${what}`)
  }

  #hangUp(why: string): void {
    if (this.#open) this.#logger.warn({ client: this.client, why }, 'a connection is closed')
    this.destroy()
  }

  /** Frees what the answer was made of, once. */
  #release(slot: Slot): void {
    for (const free of slot.releases.splice(0)) free()
    this.#answers.give(slot.answerBytes)
    slot.answerBytes = 0
  }
}
