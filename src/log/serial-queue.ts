const nothing = Promise.resolve()

/** Runs tasks one after the other, in the order given. A task that fails does not stop those behind it. */
export class SerialQueue {
  #last: Promise<unknown> = nothing

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task)
    this.#last = result.catch(() => {})
    return result
  }
}
