import { MalformedInput } from '../codec/malformed-input.ts'
import { ImplausibleFrameSize, SizedFrames } from '../codec/sized-frames.ts'
import type { Connection } from '../runtime/network.ts'
import { decodePeerFrame, encodePeerFrame, type PeerFrame, type PeerFrameInput } from './peer-frames.ts'

const landingBytes = 16 * 1024
/** The first frame of a stream says who is there: until then nobody gets much memory. */
const helloBytesMax = 1024

export interface PeerStreamSink {
  received(frame: PeerFrame): void
  /** Called once; nothing follows. */
  closed(reason: string): void
}

/** One connection between two brokers, as a stream of frames in both directions. */
export class PeerStream {
  readonly #connection: Connection
  readonly #sink: PeerStreamSink
  readonly #bounds: { readonly landingBytes: number; readonly frameBytesMin: number; frameBytesMax: number }
  readonly #frameBytesMax: number
  #isClosed = false

  constructor(connection: Connection, frameBytesMax: number, sink: PeerStreamSink) {
    this.#connection = connection
    this.#sink = sink
    this.#frameBytesMax = frameBytesMax
    this.#bounds = { landingBytes, frameBytesMin: 4, frameBytesMax: helloBytesMax }
    const frames = new SizedFrames(this.#bounds, (frame) => this.#onFrame(frame))
    connection.start({
      allocate: () => frames.allocate(),
      received: (bytes) => this.#guarded(() => frames.received(bytes)),
      closed: (error) => this.#close(error?.message ?? 'the other side has closed it'),
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** `sent` is called when the bytes of the frame are free again, also if it never gets through. */
  send(frame: PeerFrameInput, sent?: () => void): void {
    this.#connection.write(encodePeerFrame(frame), sent)
  }

  close(reason: string): void {
    if (this.#isClosed) return
    this.#connection.destroy()
    this.#close(reason)
  }

  #onFrame(bytes: Buffer): void {
    if (this.#isClosed) return
    const frame = decodePeerFrame(bytes)
    this.#bounds.frameBytesMax = this.#frameBytesMax
    this.#sink.received(frame)
  }

  /** A peer that cannot be understood is left; it may be of another release. */
  #guarded(run: () => void): void {
    try {
      run()
    } catch (error) {
      if (!(error instanceof MalformedInput || error instanceof ImplausibleFrameSize)) throw error
      this.close(error.message)
    }
  }

  #close(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#sink.closed(reason)
  }
}
