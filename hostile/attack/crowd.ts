import { connect, type Socket } from 'node:net'
import { portsStillOpenTo } from './peers-gone.ts'

/** How many of a crowd's connections are opened at a time: below the backlog of the listener. */
const openingsAtOnce = 100
const pauseMs = 20
const lookMs = 500

export interface CrowdCounts {
  opened: number
  /** By the broker, before the attack was over. */
  closed: number
  refused: number
  sentBytes: number
  readBytes: number
}

/**
 * A bounded number of connections that behave badly in the same way. Nothing is read from them but what the attack reads
 * itself. Who is closed by the broker comes back, until the crowd has opened as many as it may.
 */
export class Crowd {
  readonly counts: CrowdCounts = { opened: 0, closed: 0, refused: 0, sentBytes: 0, readBytes: 0 }
  readonly #at: { readonly host: string; readonly port: number }
  readonly #size: number
  readonly #openedMax: number
  readonly #sockets = new Set<Socket>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #opening = 0
  #over = false

  constructor(at: { host: string; port: number }, options: { size: number; openedMax: number }) {
    this.#at = at
    this.#size = options.size
    this.#openedMax = options.openedMax
  }

  /** Opens the connections, a hundred at a time, and keeps their number up. */
  start(behave: (socket: Socket) => void): void {
    this.every(pauseMs, () => {
      for (let free = openingsAtOnce - this.#opening; free > 0; free--) {
        const enough = this.#sockets.size >= this.#size || this.counts.opened + this.#opening >= this.#openedMax
        if (enough || this.#over) return
        this.#open(behave)
      }
    })
    this.every(lookMs, () => this.#leaveClosed())
  }

  /** Reads at most `bytes` of what has come on a connection, every `ms`. */
  sip(socket: Socket, { bytes, ms }: { bytes: number; ms: number }): void {
    this.every(ms, () => {
      const read = socket.read(Math.min(bytes, socket.readableLength)) as Buffer | null
      this.counts.readBytes += read?.length ?? 0
    })
  }

  send(socket: Socket, bytes: Uint8Array): void {
    this.counts.sentBytes += bytes.byteLength
    socket.write(bytes)
  }

  every(ms: number, run: () => void): void {
    const timer = setInterval(run, ms)
    this.#timers.add(timer)
  }

  end(): void {
    this.#over = true
    for (const timer of this.#timers) clearInterval(timer)
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Who does not read would never hear that the broker has hung up on him. */
  #leaveClosed(): void {
    const open = portsStillOpenTo(this.#at.port)
    if (open === null) return
    for (const socket of this.#sockets) {
      const { localPort } = socket
      if (!socket.connecting && localPort !== undefined && !open.has(localPort)) socket.destroy()
    }
  }

  #open(behave: (socket: Socket) => void): void {
    this.#opening++
    let connected = false
    const socket = connect({ ...this.#at, noDelay: true, allowHalfOpen: true })
    this.#sockets.add(socket)
    socket.on('connect', () => {
      connected = true
      this.#opening--
      this.counts.opened++
      behave(socket)
    })
    // A broker that hangs up on one is what is hoped for.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#sockets.delete(socket)
      if (!connected) {
        this.#opening--
        this.counts.refused++
      } else if (!this.#over) this.counts.closed++
    })
  }
}
