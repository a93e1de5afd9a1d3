import type { LineProcess } from '../child.ts'
import { parseRecordLine, type ReadRecord } from '../records.ts'
import type { CaseContext } from './case.ts'

export interface MemberOptions {
  stopAfter?: number
  assignor?: 'range' | 'cooperative'
  /** The instance id of a static member. */
  instance?: string
}

/** A running member of a consumer group. */
export class GroupMember {
  readonly records: ReadRecord[] = []
  /** Partitions of the newest assignment; null before the first. */
  assigned: string[] | null = null
  /** How often it was told what is assigned. */
  assignments = 0
  /** Every partition that it was told to give up, in that order. */
  readonly revoked: string[] = []
  error: string | null = null
  readonly #process: LineProcess

  constructor({ client, topic, group }: CaseContext, options: MemberOptions = {}) {
    const more = {
      ...(options.stopAfter === undefined ? {} : { 'stop-after': options.stopAfter }),
      ...(options.assignor === undefined ? {} : { assignor: options.assignor }),
      ...(options.instance === undefined ? {} : { instance: options.instance }),
    }
    this.#process = client.start('group', { topic, group, ...more }, (fields) => this.#take(fields))
  }

  get exited(): Promise<number | null> {
    return this.#process.exited
  }

  /** What it holds, for messages. */
  toString(): string {
    return `[${this.assigned ?? 'not joined'}]${this.error === null ? '' : ` (${this.error})`}`
  }

  /** Commits, leaves the group and ends. */
  async leave(): Promise<void> {
    this.#process.send('leave')
    const code = await this.#process.exited
    if (code !== 0) throw new Error(`a member that left ended with ${code}: ${this.error ?? this.#process.stderr}`)
  }

  /** Ends at once, without a word to the group. */
  async die(): Promise<void> {
    this.#process.send('die')
    await this.#process.exited
  }

  /** Ends it without more ado. */
  end(): Promise<void> {
    return this.#process.end()
  }

  #take(fields: string[]): void {
    const [kind, ...rest] = fields
    if (kind === 'record') this.records.push(parseRecordLine(fields))
    if (kind === 'error') this.error = rest.join(': ')
    if (kind === 'revoked') this.revoked.push(...rest)
    if (kind === 'assigned') {
      this.assigned = rest.sort()
      this.assignments++
    }
  }
}
