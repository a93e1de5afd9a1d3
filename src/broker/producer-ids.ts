import type { ProducerIdBlock } from '../metadata/controller/allocate-producer-ids.ts'

const noBlock: ProducerIdBlock = { first: 0, end: 0 }

/**
 * Gives out producer ids, each once in the life of the cluster, from blocks that the coordinator hands to this broker. One
 * block is held ahead: while nobody can be asked for more, producers can still begin.
 */
export class ProducerIds {
  readonly #nextBlock: () => Promise<ProducerIdBlock>
  #block = noBlock
  #ahead: ProducerIdBlock | null = null
  #next = 0
  #asked: Promise<void> | null = null

  constructor(nextBlock: () => Promise<ProducerIdBlock>) {
    this.#nextBlock = nextBlock
  }

  /** Asks for a block to be held, if there is none; what cannot be had is asked for when it is needed. */
  prepare(): void {
    if (this.#ahead === null) this.#ask().catch(() => {})
  }

  async take(): Promise<number> {
    while (this.#next >= this.#block.end) {
      if (this.#ahead === null) {
        // Another one who waits may take it into use first.
        await this.#ask()
        continue
      }
      this.#block = this.#ahead
      this.#next = this.#block.first
      this.#ahead = null
      this.prepare()
    }
    const id = this.#next
    this.#next += 1
    return id
  }

  /** One question at a time, whoever waits: else each would throw away the block of the one before. */
  #ask(): Promise<void> {
    this.#asked ??= this.#nextBlock()
      .then((block) => {
        this.#ahead = block
      })
      .finally(() => {
        this.#asked = null
      })
    return this.#asked
  }
}
