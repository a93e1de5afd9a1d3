/** The two ends of a connection, for logs and for metrics. */
export interface PeerAddress {
  readonly host: string
  readonly port: number
}

/**
 * Takes the bytes of one connection. `allocate` is asked where the next bytes go (a view on the receiver's own slab, at
 * least one byte long); `received(n)` says that n bytes were put at its start. No buffer is made per read. It is asked
 * after the start, after each `received` and after `resume`: in between what it gave must stay free to be written to.
 */
export interface Receiver {
  allocate(): Uint8Array
  received(bytes: number): void
  /** The other side is gone, or the connection was destroyed; called exactly once, nothing follows. */
  closed(error: Error | null): void
}

/** One TCP connection as a stream of bytes. */
export interface Connection {
  readonly remote: PeerAddress
  readonly local: PeerAddress
  /** Bytes written but not yet taken by the system. */
  readonly queuedBytes: number
  /**
   * The system knows that the other side has dropped the connection. The receiver hears of that only when it reads or writes
   * again: not while it is paused with bytes that it has not read.
   */
  readonly isReset: boolean
  /** Starts delivery to the receiver. Called once; nothing is read before, and nothing is heard of the other side. */
  start(receiver: Receiver): void
  /** Sends the buffers, in order. They must not change until `sent` is called (also called when the connection has closed). */
  write(buffers: readonly Uint8Array[], sent?: () => void): void
  /** Stops and resumes delivery: the sender feels it through TCP's window. */
  pause(): void
  resume(): void
  /** Sends what is queued, then closes. */
  end(): void
  /** Closes at once. */
  destroy(): void
}

export interface Listener {
  readonly port: number
  /** Takes no new connection; those that exist live on. */
  close(): Promise<void>
}

/** The network as one broker sees it. Errors carry the system's `code` (EADDRINUSE, ECONNREFUSED, …). */
export interface Network {
  /** Port 0 takes a free one. */
  listen(at: { host: string; port: number }, accept: (connection: Connection) => void): Promise<Listener>
  connect(to: { host: string; port: number }, options?: { timeoutMs?: number }): Promise<Connection>
}
