import { cp, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../child.ts'
import { trilogMain } from '../package-root.ts'
import { rowsBelow } from '../tools/tool-session.ts'
import type { FilesSession } from './files-session.ts'
import { filesOf } from './kafka-dump.ts'
import { type Answers, differingAnswer, readsOf } from './raw-reads.ts'

const importMs = 60_000

/** A Kafka and a Trilog. Topics move from one to the other by their files, and back. */
export class MoveSession {
  readonly kafka: FilesSession
  readonly trilog: FilesSession
  /** Names of the topics that move. */
  readonly topics: string[] = []
  /** What the group had committed there. */
  committedInKafka = -1
  /** Of each topic what the broker has answered that wrote it last. */
  #noted = new Map<string, { answers: Answers; records: Buffer }>()

  constructor(kafka: FilesSession, trilog: FilesSession) {
    this.kafka = kafka
    this.trilog = trilog
  }

  /** Reads everything, for the other broker to be held against. Returns how many answers were noted. */
  async note(broker: FilesSession): Promise<number> {
    for (const topic of this.topics) this.#noted.set(topic, await readsOf(broker.tools.target.bootstrap, topic))
    return [...this.#noted.values()].reduce((sum, { answers }) => sum + answers.size, 0)
  }

  /** Throws unless every question is answered as it was when it was noted. */
  async seeSame(broker: FilesSession): Promise<void> {
    for (const [topic, { answers }] of this.#noted) {
      const seen = await readsOf(broker.tools.target.bootstrap, topic)
      const differs = differingAnswer(answers, seen.answers, { isCompacted: isCompacted(topic) })
      if (differs !== null) throw new Error(`${topic}: ${differs}`)
    }
  }

  /** Throws unless the records of each topic begin with those that were noted, byte for byte, and go on. */
  async seeLonger(broker: FilesSession): Promise<void> {
    for (const [topic, { records }] of this.#noted) {
      const seen = (await readsOf(broker.tools.target.bootstrap, topic)).records
      if (seen.length <= records.length) throw new Error(`${topic} has not grown: ${seen.length} bytes`)
      if (!seen.subarray(0, records.length).equals(records)) throw new Error(`${topic}: older records have changed`)
    }
  }

  /** What `trilog log import` says of Kafka's folder. Both brokers are down. */
  async importTopics(...more: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const config = `${this.trilog.dataFolder}/../broker.yaml`
    const args = ['log', 'import', this.kafka.dataFolder, '--config', config, ...more]
    return run(process.execPath, [trilogMain, ...args], { timeoutMs: importMs })
  }

  /** Puts Trilog's files of every topic in the place of Kafka's. Both brokers are down. */
  async moveBack(): Promise<void> {
    for (const topic of this.topics) {
      const [from, to] = [this.trilog.folderOf(topic), this.kafka.folderOf(topic)]
      for (const file of filesOf(to)) await rm(file)
      await cp(from, to, { recursive: true })
    }
  }

  /** Resolves when the files of segments that lie wholly below `offset` are gone. */
  async segmentsGone(broker: FilesSession, topic: string, offset: number): Promise<void> {
    const end = performance.now() + 20_000
    for (;;) {
      const bases = filesOf(broker.folderOf(topic)).flatMap((path) => /(\d{20})\.log$/.exec(path)?.[1] ?? [])
      if (bases.filter((base) => Number(base) <= offset).length === 1) return
      if (performance.now() > end) throw new Error(`${topic} still has the segments ${bases.join(', ')}`)
      await sleep(100)
    }
  }

  /** The offset that a group has committed for partition 0 of a topic. */
  async committed(broker: FilesSession, group: string, topic: string): Promise<string | undefined> {
    const text = await broker.tools.ok('kafka-consumer-groups', ['--describe', '--group', group, '--offsets'])
    return rowsBelow(text, 'GROUP').find((row) => row[1] === topic)?.[3]
  }

  /** Reads some records in a group, which then commits. */
  async consume(broker: FilesSession, group: string, topic: string, count: number): Promise<void> {
    const bounds = ['--max-messages', String(count), '--timeout-ms', '20000']
    const reset = ['--command-property', 'auto.offset.reset=earliest']
    await broker.tools.ok('kafka-console-consumer', ['--topic', topic, '--group', group, ...bounds, ...reset])
  }
}

/** Whether Kafka has compacted it. */
export const isCompacted = (topic: string): boolean => topic.startsWith('packed')
