import { MalformedInput } from '../codec/malformed-input.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { PeerId } from './peer-id.ts'
import type { Peers } from './peers.ts'

/** Answers a question, or throws `Refusal` or `NoAnswer`; `MalformedInput` on one that it cannot read, which is refused. */
export type Answerer = (from: PeerId, body: Uint8Array) => Promise<Uint8Array>

/** What an `Answerer` throws when it does nothing of what was asked. */
export class Refusal extends Error {}

/** What an `Answerer` throws when it cannot say whether it has happened: no reply says just that. */
export class NoAnswer extends Error {}

/**
 * Why there is no answer. Refused and unsent: nothing has happened. Lost: the way or the time ran out, and it may have
 * happened or not.
 */
export class AskFailed extends Error {
  readonly why: 'refused' | 'unsent' | 'lost'

  constructor(why: 'refused' | 'unsent' | 'lost', detail: string) {
    super(detail)
    this.name = 'AskFailed'
    this.why = why
  }
}

interface Reply {
  readonly refused: boolean
  readonly body: Uint8Array
}

interface Waiting {
  readonly to: BrokerId
  readonly incarnation: string
  readonly resolve: (body: Uint8Array) => void
  readonly reject: (error: AskFailed) => void
  readonly timer: Timer
}

/** Questions between brokers, over their streams. One is answered at most once, and only by the process that was asked. */
export class Asks {
  readonly #peers: Peers
  readonly #clock: Clock
  readonly #waiting = new Map<number, Waiting>()
  readonly #answerers = new Map<string, Answerer>()
  #number = 0

  constructor(peers: Peers, clock: Clock) {
    this.#peers = peers
    this.#clock = clock
    peers.listen({
      received: (from, frame) => {
        if (frame.type === 'ask') void this.#onAsk(from, frame)
        if (frame.type === 'reply') this.#onReply(from, frame)
      },
      disconnected: ({ broker }) => {
        for (const [number, { to }] of [...this.#waiting]) {
          if (to === broker) this.#fail(number, 'lost', `the stream to broker ${broker} has closed`)
        }
      },
    })
  }

  /** Has questions of that subject answered here. */
  answer(subject: string, answerer: Answerer): void {
    this.#answerers.set(subject, answerer)
  }

  /** The answer of that broker, which may be this one, in `withinMs`. Rejects with `AskFailed`. */
  ask(to: BrokerId, subject: string, body: Uint8Array, withinMs: number): Promise<Uint8Array> {
    if (to === this.#peers.self) return this.#askSelf(subject, body, withinMs)
    return new Promise((resolve, reject) => {
      const incarnation = this.#peers.incarnationOf(to)
      if (incarnation === null) return reject(new AskFailed('unsent', `broker ${to} is out of reach`))
      this.#number = (this.#number + 1) % 0x7fff_ffff
      const number = this.#number
      const timer = this.#clock.setTimer(withinMs, () => {
        this.#fail(number, 'lost', `broker ${to} has not answered within ${withinMs} ms`)
      })
      this.#waiting.set(number, { to, incarnation, resolve, reject, timer })
      this.#peers.send(to, { type: 'ask', number, subject, body })
    })
  }

  #fail(number: number, why: AskFailed['why'], detail: string): void {
    const waiting = this.#waiting.get(number)
    this.#waiting.delete(number)
    waiting?.timer.cancel()
    waiting?.reject(new AskFailed(why, detail))
  }

  async #askSelf(subject: string, body: Uint8Array, withinMs: number): Promise<Uint8Array> {
    const reply = await new Promise<Reply | null>((resolve, reject) => {
      const timer = this.#clock.setTimer(withinMs, () => resolve(null))
      this.#answerTo(this.#peers.identity, subject, body)
        .finally(() => timer.cancel())
        .then(resolve, reject)
    })
    if (reply === null) throw new AskFailed('lost', `'${subject}' was not answered here`)
    if (reply.refused) throw new AskFailed('refused', Buffer.from(reply.body).toString('utf8'))
    return reply.body
  }

  async #onAsk(from: PeerId, { number, subject, body }: { number: number; subject: string; body: Uint8Array }) {
    const reply = await this.#answerTo(from, subject, body)
    // To the process that has asked, not to one that was started since.
    if (reply === null || this.#peers.incarnationOf(from.broker) !== from.incarnation) return
    this.#peers.send(from.broker, { type: 'reply', number, ...reply })
  }

  /** Null: it cannot be said whether it has happened. */
  #answerTo(from: PeerId, subject: string, body: Uint8Array): Promise<Reply | null> {
    const answerer = this.#answerers.get(subject)
    const answer =
      answerer?.(from, Buffer.from(body)) ?? Promise.reject(new Refusal(`nobody here answers '${subject}'`))
    return answer.then(
      (given) => ({ refused: false, body: given }),
      (error: unknown) => {
        const isRefused = error instanceof Refusal || error instanceof MalformedInput
        if (isRefused) return { refused: true, body: Buffer.from(error.message) }
        if (error instanceof NoAnswer) return null
        throw error
      },
    )
  }

  #onReply(from: PeerId, reply: { number: number; refused: boolean; body: Uint8Array }): void {
    const waiting = this.#waiting.get(reply.number)
    if (waiting === undefined || waiting.to !== from.broker || waiting.incarnation !== from.incarnation) return
    if (reply.refused) return this.#fail(reply.number, 'refused', Buffer.from(reply.body).toString('utf8'))
    this.#waiting.delete(reply.number)
    waiting.timer.cancel()
    waiting.resolve(Buffer.from(reply.body))
  }
}
