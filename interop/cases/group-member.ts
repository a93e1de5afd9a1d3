import type { LineProcess } from '../child.ts'
import type { CaseContext } from './case.ts'
import { parseRecordLine, type ReadRecord } from '../records.ts'

/** A running member of a consumer group. */
export class GroupMember {
  readonly records: ReadRecord[] = []
  /** Partitions of the newest assignment; null before the first. */
  assigned: string[] | null = null
  error: string | null = null
  readonly #process: LineProcess

  constructor({ client, topic, group }: CaseContext, options: { stopAfter?: number } = {}) {
    const stop = options.stopAfter === undefined ? {} : { 'stop-after': options.stopAfter }
    this.#process = client.start('group', { topic, group, ...stop }, (fields) => this.#take(fields))
  }

  get exited(): Promise<number | null> {
    return this.#process.exited
  }

  /** Commits, leaves the group and ends. */
  async leave(): Promise<void> {
    this.#process.send('leave')
    const code = await this.#process.exited
    if (code !== 0) throw new Error(`a member that left ended with ${code}: ${this.error ?? this.#process.stderr}`)
  }

  /** Ends it without more ado. */
  end(): Promise<void> {
    return this.#process.end()
  }

  #take(fields: string[]): void {
    if (fields[0] === 'record') this.records.push(parseRecordLine(fields))
    if (fields[0] === 'assigned') this.assigned = fields.slice(1).sort()
    if (fields[0] === 'error') this.error = fields.slice(1).join(': ')
  }
}
