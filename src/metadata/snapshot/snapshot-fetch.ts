import { MalformedInput } from '../../codec/malformed-input.ts'
import { Reader } from '../../codec/reader.ts'
import { decodeAskBody, encodeAskBody } from '../../peer/ask-bodies.ts'
import { AskFailed, type Asks, Refusal } from '../../peer/asks.ts'
import type { Position } from '../../record/offset.ts'
import type { BrokerId } from '../../replication/replica-id.ts'
import type { SnapshotId } from '../../replication/snapshot-id.ts'
import { DiskFault } from '../../runtime/disk.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { SnapshotFolder } from './snapshot-folder.ts'

/** What one process asks another for: a snapshot, piece by piece. */
const subject = 'metadata snapshot'
const pieceWithinMs = 5_000

/** How other processes are asked. */
export type SnapshotAsks = Pick<Asks, 'ask' | 'answer'>

interface AskedPiece extends SnapshotId {
  readonly position: Position
}

/**
 * Snapshots on their way between processes, in pieces: one is asked for at a time, by where it begins. What broke off goes on
 * where it was, or from the start when another snapshot is wanted; only what is whole becomes a snapshot of this folder.
 */
export class SnapshotFetch {
  readonly #folder: SnapshotFolder
  readonly #asks: SnapshotAsks
  readonly #logger: Logger
  #begun: AskedPiece | null = null
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: { folder: SnapshotFolder; asks: SnapshotAsks; pieceBytesMax: number; logger: Logger }) {
    const { folder, asks, pieceBytesMax, logger } = parts
    this.#folder = folder
    this.#asks = asks
    this.#logger = logger
    asks.answer(subject, async (_from, body) => {
      const piece = await folder.read(askedPieceOf(body), pieceBytesMax)
      if (piece === null) throw new Refusal('that snapshot is not here (any more)')
      const size = Buffer.alloc(8)
      size.writeBigInt64BE(BigInt(piece.size))
      return Buffer.concat([size, piece.bytes])
    })
  }

  /** Resolves with whether the snapshot is here, whole and durable. One after the other: they would write into one file. */
  fetch(from: BrokerId, id: SnapshotId): Promise<boolean> {
    const fetched = this.#last.then(() => this.#fetch(from, id))
    this.#last = fetched.catch(() => {})
    return fetched
  }

  async #fetch(from: BrokerId, { endOffset, epoch }: SnapshotId): Promise<boolean> {
    if (this.#folder.has({ endOffset, epoch })) return true
    const facts = { from, endOffset, epoch }
    try {
      const bytes = await this.#fetchPieces(from, { endOffset, epoch })
      this.#begun = null
      if (await this.#folder.takeIn({ endOffset, epoch })) {
        this.#logger.info({ ...facts, bytes }, 'a snapshot of the cluster was fetched from the leader')
        return true
      }
      this.#logger.warn({ ...facts, bytes }, 'a snapshot that was fetched is not whole: it is fetched anew')
    } catch (error) {
      if (!(error instanceof AskFailed || error instanceof DiskFault || error instanceof MalformedInput)) throw error
      this.#logger.warn({ ...facts, error: error.message }, 'a snapshot could not be fetched: it is tried again')
      // What is in the file is not known any more.
      if (!(error instanceof AskFailed)) this.#begun = null
    }
    return false
  }

  /** Resolves with its size. */
  async #fetchPieces(from: BrokerId, id: SnapshotId): Promise<number> {
    const before = this.#begun
    const goesOn = before !== null && before.endOffset === id.endOffset && before.epoch === id.epoch
    for (let position = goesOn ? before.position : 0; ; ) {
      const asked = { ...id, position }
      this.#begun = asked
      const answer = await this.#asks.ask(from, subject, encodeAskBody(asked), pieceWithinMs)
      const reader = new Reader(answer)
      const size = reader.int64()
      const piece = reader.bytes(reader.remaining)
      if (piece.length === 0 || position + piece.length > size) throw new MalformedInput('a piece of nothing', position)
      await this.#folder.writePart(id, piece, position)
      position += piece.length
      if (position === size) return size
    }
  }
}

function askedPieceOf(body: Uint8Array): AskedPiece {
  const { endOffset, epoch, position } = decodeAskBody(body) as Partial<AskedPiece>
  const isPlausible = [endOffset, epoch, position].every((each) => Number.isSafeInteger(each) && (each ?? -1) >= 0)
  if (!isPlausible) throw new MalformedInput('a piece of no snapshot', 0)
  return { endOffset, epoch, position } as AskedPiece
}
