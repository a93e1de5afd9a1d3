import { setTimeout as sleep } from 'node:timers/promises'
import { LineProcess } from '../child.ts'
import { installJava } from '../install/java-folder.ts'
import { javaFolder, javaVersion, javaProgram } from './load-clients.ts'

/** Of one topic, since the mark. */
export interface Since {
  readonly acked: number
  /** That have acknowledged a record which was sent since. */
  readonly partitions: number
  /** From the mark to the first acknowledgement of the last of these, in ms. */
  readonly slowestMs: number
}

/** Of one topic, once it was read back. */
export interface ReadBack {
  readonly acked: number
  readonly lost: number
  readonly duplicates: number
  readonly reordered: number
  /** Records that the client gave up, and the first of its errors. */
  readonly errors: number
  readonly error: string
}

const processMs = 600_000
const answerMs = 150_000
const lookMs = 50

/** Null when such loads can be run, else why not. */
export const installSpread = (): Promise<string | null> => installJava(javaFolder, javaVersion, 'Spread')

/** A steady load by Apache Kafka's own client on all partitions of some topics, in a process of its own (see Spread.java). */
export class Spread {
  readonly #process: LineProcess
  readonly #waiting: ((line: string) => void)[] = []
  readonly #partitions: number
  readonly #topics: readonly string[]

  constructor(options: { bootstrap: string; topics: readonly string[]; partitions: number; rate: number }) {
    this.#partitions = options.partitions
    this.#topics = options.topics
    const named = { ...options, topics: options.topics.join(','), size: 100 }
    const args = Object.entries(named).flatMap(([name, value]) => [`--${name}`, String(value)])
    const onLine = (line: string): void => this.#waiting.shift()?.(line)
    this.#process = new LineProcess('java', [...javaProgram('Spread'), ...args], { timeoutMs: processMs }, onLine)
  }

  async mark(): Promise<void> {
    await this.#ask('mark')
  }

  async since(): Promise<Readonly<Record<string, Since>>> {
    return JSON.parse(await this.#ask('since')) as Record<string, Since>
  }

  /** Until every partition has acknowledged a record that was sent since the mark; what was seen by then, or by the time given. */
  async all(withinMs: number): Promise<Readonly<Record<string, Since>>> {
    for (const end = performance.now() + withinMs; ; await sleep(lookMs)) {
      const since = await this.since()
      const isAll = this.#topics.every((topic) => since[topic]?.partitions === this.#partitions)
      if (isAll || performance.now() > end) return since
    }
  }

  /** Sends no more, and waits for what is on its way. */
  async stop(): Promise<void> {
    await this.#ask('stop')
  }

  async verify(): Promise<Readonly<Record<string, ReadBack>>> {
    return JSON.parse(await this.#ask('verify')) as Record<string, ReadBack>
  }

  end(): Promise<void> {
    return this.#process.end()
  }

  #ask(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the load does not answer ${line}`)), answerMs)
      this.#waiting.push((answer) => {
        clearTimeout(timer)
        resolve(answer)
      })
      void this.#process.exited.finally(() => {
        clearTimeout(timer)
        reject(new Error(`the load has ended: ${this.#process.stderr.slice(-500)}`))
      })
      this.#process.send(line)
    })
  }
}
