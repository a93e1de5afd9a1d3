import type { ProducerIdBlock } from '../metadata/controller/allocate-producer-ids.ts'

/** Gives out producer ids, each once in the life of the cluster, from blocks that the coordinator hands to this broker. */
export class ProducerIds {
  readonly #nextBlock: () => Promise<ProducerIdBlock>
  #block: ProducerIdBlock = { first: 0, end: 0 }
  #next = 0
  #asked: Promise<void> | null = null

  constructor(nextBlock: () => Promise<ProducerIdBlock>) {
    this.#nextBlock = nextBlock
  }

  async take(): Promise<number> {
    while (this.#next >= this.#block.end) {
      // One question at a time, whoever waits: else each would throw away the block of the one before.
      this.#asked ??= this.#ask()
      await this.#asked
    }
    const id = this.#next
    this.#next += 1
    return id
  }

  async #ask(): Promise<void> {
    try {
      this.#block = await this.#nextBlock()
      this.#next = this.#block.first
    } finally {
      this.#asked = null
    }
  }
}
