import { invariant } from '../invariant.ts'
import type { Connection, PeerAddress, Receiver } from '../network.ts'
import type { SimLife } from './sim-life.ts'
import type { Segment, SimPipe } from './sim-pipe.ts'

interface Write {
  readonly buffers: readonly Uint8Array[]
  readonly sent: (() => void) | undefined
  /** Bytes of it that the system has not taken. */
  left: number
}

/** One end of a connection: the socket of one process, and what the system keeps for it. */
export class SimConnection implements Connection {
  readonly remote: PeerAddress
  readonly local: PeerAddress
  readonly #life: SimLife
  readonly #closed: () => void
  #out: SimPipe | null = null
  #in: SimPipe | null = null
  #hasRead: () => void = () => {}
  #receiver: Receiver | null = null
  /** Where the next bytes go: asked for ahead of them, as on Node, so that a receiver that uses it otherwise is found out. */
  #into: Uint8Array = new Uint8Array(0)
  #paused = false
  #writes: Write[] = []
  #queuedBytes = 0
  #takeDue = false
  readonly #inbox: Uint8Array[] = []
  #deliverDue = false
  #finished: 'open' | 'ending' | 'sent' = 'open'
  #finArrived = false
  #over = false
  #abandoned = false
  #error: Error | null = null

  constructor(life: SimLife, ends: { local: PeerAddress; remote: PeerAddress }, closed: () => void) {
    this.#life = life
    this.local = ends.local
    this.remote = ends.remote
    this.#closed = closed
  }

  /** Called by the network, before anything else: the two directions, and whom to tell that this end has read. */
  plug(out: SimPipe, incoming: SimPipe, hasRead: () => void): void {
    this.#out = out
    this.#in = incoming
    this.#hasRead = hasRead
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  get isReset(): boolean {
    return this.#over
  }

  start(receiver: Receiver): void {
    invariant(this.#receiver === null, 'a connection was started twice', this.remote)
    this.#receiver = receiver
    this.#into = receiver.allocate()
    if (this.#over) this.#tellClosed()
    else this.#deliverSoon()
  }

  write(buffers: readonly Uint8Array[], sent?: () => void): void {
    if (!this.#life.alive) return
    if (this.#over || this.#finished !== 'open') {
      if (sent !== undefined) this.#life.schedule(0, sent)
      return
    }
    const left = buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0)
    this.#writes.push({ buffers, sent, left })
    this.#queuedBytes += left
    this.#takeSoon()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    if (this.#receiver !== null && !this.#over) this.#into = this.#receiver.allocate()
    this.#deliverSoon()
  }

  end(): void {
    if (!this.#life.alive || this.#over || this.#finished !== 'open') return
    this.#finished = 'ending'
    this.#takeSoon()
  }

  destroy(): void {
    if (!this.#life.alive || this.#over) return
    this.abandon()
    this.#close(null)
  }

  /** The process is gone, or has dropped the socket: the system closes it. What it had taken is still sent. */
  abandon(): void {
    if (this.#over) return
    this.#abandoned = true
    // Closing a socket with unread bytes resets the connection (RFC 2525, 2.17).
    if (this.#inbox.length > 0) this.#out?.finish('rst')
    else if (this.#finished !== 'sent') this.#out?.finish('fin')
    this.#finished = 'sent'
  }

  /** Called by the network: the connection is dead. */
  reset(code: string): void {
    if (!this.#life.alive) return
    this.#inbox.length = 0
    this.#close(Object.assign(new Error(`connection to ${this.remote.host}:${this.remote.port}: ${code}`), { code }))
  }

  /** Called by the network: something came in. */
  arrived(segment: Segment): void {
    if (segment === 'rst') return this.reset('ECONNRESET')
    if (this.#over || !this.#life.alive) {
      // Nobody is there any more to take it: the sender is told, unless the machine is gone as well.
      if (segment !== 'fin' && this.#abandoned) this.#out?.finish('rst')
      return
    }
    if (segment === 'fin') this.#finArrived = true
    else this.#inbox.push(segment)
    this.#deliverSoon()
  }

  /** Called by the network: the other side has read, so more may be sent. */
  windowOpened(): void {
    if (this.#writes.length > 0) this.#takeSoon()
  }

  #takeSoon(): void {
    if (this.#takeDue) return
    this.#takeDue = true
    this.#life.schedule(this.#life.world.network.random.between(0, 0.02), () => {
      this.#takeDue = false
      if (!this.#over) this.#take()
    })
  }

  /** The system takes what fits into the window. Buffers are read here and not before, as the interface allows. */
  #take(): void {
    const out = this.#out as SimPipe
    const sents: (() => void)[] = []
    while (this.#writes.length > 0) {
      const write = this.#writes[0] as Write
      const room = out.windowBytes - out.unreadBytes
      if (write.left > 0 && room <= 0) break
      const bytes = Math.min(write.left, room)
      if (bytes > 0) out.send(lastBytes(write, bytes))
      write.left -= bytes
      this.#queuedBytes -= bytes
      if (write.left > 0) break
      this.#writes.shift()
      if (write.sent !== undefined) sents.push(write.sent)
    }
    if (this.#finished === 'ending' && this.#writes.length === 0) {
      this.#finished = 'sent'
      out.finish('fin')
      if (this.#finArrived && this.#inbox.length === 0) this.#close(null)
    }
    for (const sent of sents) sent()
  }

  #deliverSoon(): void {
    if (this.#deliverDue || this.#receiver === null || this.#paused) return
    if (this.#inbox.length === 0 && !this.#finArrived) return
    this.#deliverDue = true
    this.#life.schedule(0, () => {
      this.#deliverDue = false
      if (!this.#paused && !this.#over) this.#deliver()
    })
  }

  #deliver(): void {
    const receiver = this.#receiver as Receiver
    const segment = this.#inbox[0]
    if (segment === undefined) return this.#onFin()
    const into = this.#into
    invariant(into.byteLength > 0, 'a receiver gave no room', this.remote)
    const part = segment.subarray(0, into.byteLength)
    into.set(part)
    if (part.byteLength === segment.byteLength) this.#inbox.shift()
    else this.#inbox[0] = segment.subarray(part.byteLength)
    const pipe = this.#in as SimPipe
    pipe.unreadBytes -= part.byteLength
    this.#hasRead()
    receiver.received(part.byteLength)
    if (!this.#over) this.#into = receiver.allocate()
    this.#deliverSoon()
  }

  /** The other side has ended, and so does this one, after what it still has to send. */
  #onFin(): void {
    if (this.#finished === 'sent') this.#close(null)
    else this.end()
  }

  #close(error: Error | null): void {
    if (this.#over) return
    this.#over = true
    this.#error = error
    const writes = this.#writes
    this.#writes = []
    this.#queuedBytes = 0
    this.#closed()
    this.#life.schedule(0, () => {
      for (const write of writes) write.sent?.()
      if (this.#receiver !== null) this.#tellClosed()
    })
  }

  #tellClosed(): void {
    const receiver = this.#receiver as Receiver
    this.#life.schedule(0, () => receiver.closed(this.#error))
  }
}

/** A copy of the next `bytes` of a write that are to be taken. */
function lastBytes(write: Write, bytes: number): Uint8Array {
  const copy = new Uint8Array(bytes)
  let skip = write.buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0) - write.left
  let at = 0
  for (const buffer of write.buffers) {
    if (at === bytes) break
    const part = buffer.subarray(skip, skip + bytes - at)
    skip = Math.max(0, skip - buffer.byteLength)
    copy.set(part, at)
    at += part.byteLength
  }
  return copy
}
