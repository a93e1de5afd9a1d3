import { Socket } from 'node:net'
import { invariant } from '../invariant.ts'
import type { Connection, PeerAddress, Receiver } from '../network.ts'

/** The libuv handle inside a socket: not public, but unchanged from Node 12 to 26, and watched by `node-network.test.ts`. */
type SocketWithHandle = Socket & {
  _handle: { useUserBuffer(buffer: Uint8Array): void; getpeername(out: object): number } | null
}

/** `onread` is typed for one fixed buffer only; a function that gives the next buffer is documented as well. */
interface ReadOptions {
  readonly onread: { buffer: () => Uint8Array; callback: (bytes: number) => boolean }
}

/**
 * One TCP connection. Received bytes go straight from the system into the receiver's buffers: `net.Server` has no
 * option for that, so the accepted handle, not yet reading, is put into a second socket that has.
 */
export class NodeConnection implements Connection {
  readonly remote: PeerAddress
  readonly local: PeerAddress
  #socket: Socket
  #receiver: Receiver | null = null
  #paused = false
  #error: Error | null = null
  #queuedBytes = 0
  #waiting: Uint8Array[] = []
  #waitingSent: (() => void)[] = []
  #ending = false

  /** `socket` is connected and paused, and has never read. */
  constructor(socket: Socket) {
    this.#socket = socket
    this.remote = { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    this.local = { host: socket.localAddress ?? '', port: socket.localPort ?? 0 }
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    // Nobody listens before `start`; a reset in between is found at the first read.
    socket.on('error', ignore)
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** A socket that was reset is connected to nobody any more (ENOTCONN). */
  get isReset(): boolean {
    const { _handle: handle } = this.#socket as SocketWithHandle
    return handle === null || handle.getpeername({}) !== 0
  }

  start(receiver: Receiver): void {
    invariant(this.#receiver === null, 'a connection was started twice', this.remote)
    this.#receiver = receiver
    const accepted = this.#socket as SocketWithHandle
    const handle = accepted._handle
    if (handle === null || accepted.destroyed) return void setImmediate(() => receiver.closed(this.#error))
    const onread: ReadOptions['onread'] = {
      buffer: () => receiver.allocate(),
      callback: (bytes) => {
        receiver.received(bytes)
        return !this.#paused
      },
    }
    const socket = new Socket({ handle, onread, readable: true, writable: true } as ConstructorParameters<
      typeof Socket
    >[0])
    // The first socket gives up the handle, and with it its place among its server's connections.
    accepted._handle = null
    accepted.destroy()
    this.#socket = socket
    socket.on('error', (error) => {
      this.#error ??= error
    })
    socket.on('close', () => this.#onClosed(receiver))
    if (!this.#paused) socket.resume()
  }

  /** Writes of one turn leave in one system call. */
  write(buffers: readonly Uint8Array[], sent?: () => void): void {
    if (this.#ending || this.#socket.destroyed) return void (sent !== undefined && process.nextTick(sent))
    if (this.#waiting.length === 0 && this.#waitingSent.length === 0) process.nextTick(flush, this)
    for (const buffer of buffers) {
      if (buffer.byteLength === 0) continue
      this.#queuedBytes += buffer.byteLength
      this.#waiting.push(buffer)
    }
    if (sent !== undefined) this.#waitingSent.push(sent)
  }

  pause(): void {
    this.#paused = true
    if (this.#receiver !== null) this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    const receiver = this.#receiver
    if (receiver === null || this.#socket.destroyed) return
    // Node asked for the next buffer right after the last read. What the receiver has handled since may have freed it.
    const { _handle: handle } = this.#socket as SocketWithHandle
    handle?.useUserBuffer(receiver.allocate())
    this.#socket.resume()
  }

  end(): void {
    if (this.#ending) return
    this.flush()
    this.#ending = true
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Hands what has been written to the system. */
  flush(): void {
    const buffers = this.#waiting
    const sent = this.#waitingSent
    if (buffers.length === 0 && sent.length === 0) return
    this.#waiting = []
    this.#waitingSent = []
    let bytes = 0
    for (const buffer of buffers) bytes += buffer.byteLength
    const done = () => {
      this.#queuedBytes -= bytes
      for (const call of sent) call()
    }
    const last = buffers.pop()
    if (last === undefined || this.#socket.destroyed) return done()
    if (buffers.length > 0) this.#socket.cork()
    for (const buffer of buffers) this.#socket.write(buffer)
    this.#socket.write(last, done)
    if (buffers.length > 0) this.#socket.uncork()
  }

  #onClosed(receiver: Receiver): void {
    this.flush()
    receiver.closed(this.#error)
  }
}

function flush(connection: NodeConnection): void {
  connection.flush()
}

function ignore(): void {}
