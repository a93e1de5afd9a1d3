import { setTimeout as sleep } from 'node:timers/promises'
import { LineProcess } from '../child.ts'
import type { LoadClient } from './load-clients.ts'

/** What a load has seen of the partition that it wrote to. */
export interface Seen {
  readonly sent: number
  readonly acked: number
  readonly errors: number
  readonly lost: number
  /** The offsets at which the lost ones were acknowledged. */
  readonly lostAt: readonly number[]
  readonly duplicates: number
  readonly reordered: number
  /** Longest time between two acknowledgements around the fault, in ms. */
  readonly gap: number
  /** Of the first error that a record was given up with. */
  readonly error: string
}

const processMs = 300_000

/** A steady load by a stock client on one partition, in a process of its own (see Load.java). */
export class Load {
  readonly #process: LineProcess
  readonly #heard: { readonly line: string; readonly at: number }[] = []

  constructor({ command, prefix }: LoadClient, options: Readonly<Record<string, string>>) {
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    const onLine = (line: string): void => void this.#heard.push({ line, at: performance.now() })
    this.#process = new LineProcess(command, [...prefix, ...args], { timeoutMs: processMs }, onLine)
  }

  say(line: 'fault' | 'stop' | 'verify'): void {
    this.#process.send(line)
  }

  /** What follows that word in the line that begins with it, once it has come; null: not within the time. */
  async hears(word: string, withinMs: number): Promise<string | null> {
    return (await this.#hears(word, withinMs))?.line.slice(word.length + 1) ?? null
  }

  /** When, on the clock of `performance`, that line has come; null: not within the time. */
  async hearsAt(word: string, withinMs: number): Promise<number | null> {
    return (await this.#hears(word, withinMs))?.at ?? null
  }

  async #hears(word: string, withinMs: number): Promise<{ readonly line: string; readonly at: number } | null> {
    for (const end = performance.now() + withinMs; ; await sleep(5)) {
      const heard = this.#heard.find(({ line }) => line === word || line.startsWith(`${word} `))
      if (heard !== undefined) return heard
      if (!this.#process.running) throw new Error(`the load has ended: ${this.#process.stderr.slice(-500)}`)
      if (performance.now() > end) return null
    }
  }

  async seen(): Promise<Seen> {
    this.say('verify')
    const result = await this.hears('result', 120_000)
    if (result === null) throw new Error('the load could not read the partition back')
    const fields = new Map(result.split(' ').map((field) => field.split('=') as [string, string]))
    const number = (name: string): number => Number(fields.get(name))
    return {
      sent: number('sent'),
      acked: number('acked'),
      errors: number('errors'),
      lost: number('lost'),
      lostAt: (fields.get('lostAt') ?? '').split(',').filter(Boolean).map(Number),
      duplicates: number('duplicates'),
      reordered: number('reordered'),
      gap: number('gap'),
      error: fields.get('error') ?? '-',
    }
  }

  end(): Promise<void> {
    return this.#process.end()
  }
}
