import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Target, TargetControl } from '../targets/target.ts'
import { ToolSession } from '../tools/tool-session.ts'
import type { DumpedFile, DumpTraits } from './dump-text.ts'
import { filesOf, kafkaDump } from './kafka-dump.ts'
import { difference, trilogDump } from './trilog-dump.ts'
import { write } from './writer.ts'

/** Small segments and many index entries, so that little data makes many files. */
const configs = ['internal.segment.bytes=9000', 'index.interval.bytes=1000']

/** A broker whose files are looked at while it is down. */
export class FilesSession {
  readonly tools: ToolSession
  readonly control: TargetControl
  readonly dataFolder: string

  constructor(target: Target) {
    const { control } = target
    if (control === null || control.dataFolder === null) throw new Error('the folder of the broker is not known')
    this.control = control
    this.dataFolder = control.dataFolder
    this.tools = new ToolSession(target)
  }

  /** Makes a topic of one partition and returns its name. */
  async createTopic(name: string, ...more: readonly string[]): Promise<string> {
    const topic = `${name}-${this.tools.id}`
    const settings = [...configs, ...more].flatMap((config) => ['--config', config])
    await this.tools.ok('kafka-topics', ['--create', '--topic', topic, '--partitions', '1', ...settings])
    return topic
  }

  /** Has the stock Java client write. */
  write(topic: string, ...lines: readonly string[]): Promise<void> {
    return write(this.tools.target.bootstrap, topic, lines)
  }

  /** Has Kafka's tool delete records from the beginning. */
  async deleteBefore(topic: string, offset: number): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'delete-records-'))
    try {
      const file = join(folder, 'offsets.json')
      await writeFile(file, JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset }] }))
      await this.tools.ok('kafka-delete-records', ['--offset-json-file', file])
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  /** Resolves once the broker has compacted the topic: it notes up to where. */
  async compacted(topic: string): Promise<void> {
    const end = performance.now() + 60_000
    for (;;) {
      const noted = await readFile(join(this.dataFolder, 'cleaner-offset-checkpoint'), 'utf8').catch(() => '')
      if (Number(new RegExp(`^${topic} 0 (\\d+)$`, 'm').exec(noted)?.[1] ?? 0) > 0) return
      if (performance.now() > end) throw new Error(`${topic} is not compacted: ${noted}`)
      await sleep(100)
    }
  }

  folderOf(topic: string): string {
    return join(this.dataFolder, `${topic}-0`)
  }

  /** Stops the broker cleanly, looks at its files as they are then, and starts it again. */
  async whileDown<T>(work: () => Promise<T>): Promise<T> {
    await this.control.halt()
    return work().finally(() => this.control.restart())
  }

  /**
   * The topic's files as Kafka's tool prints them, which must have no complaint and tell what `trilog log dump` tells. Also
   * looks at Trilog's metadata log.
   */
  async dump(topic: string, options: DumpTraits = {}): Promise<readonly DumpedFile[]> {
    const folders = [this.folderOf(topic)]
    // That of real Kafka holds records of its own kinds.
    if (this.tools.target.name === 'trilog') folders.push(join(this.dataFolder, '__cluster_metadata-0'))
    const files = filesOf(...folders)
    const { files: dumped, complaints } = await kafkaDump(files, options)
    if (complaints.length > 0) throw new Error(`${complaints.length} complaints: ${complaints.slice(0, 5).join(' | ')}`)
    if (dumped.length !== files.length) throw new Error(`${dumped.length} of ${files.length} files were dumped`)
    await seeSameFacts(dumped, folders)
    return dumped.filter(({ path }) => path.startsWith(this.folderOf(topic)))
  }
}

async function seeSameFacts(kafka: readonly DumpedFile[], folders: readonly string[]): Promise<void> {
  const dumps = await Promise.all(folders.map((folder) => trilogDump(folder)))
  const damages = dumps.flatMap((dump) => dump.damages)
  if (damages.length > 0) throw new Error(`trilog log dump: ${damages.slice(0, 5).join(' | ')}`)
  const differs = difference(
    kafka,
    dumps.flatMap(({ files }) => files),
  )
  if (differs !== null) throw new Error(`the two programs differ: ${differs}`)
}

/** The lines of all files with that ending, in the order of their offsets. */
function linesOf(files: readonly DumpedFile[], ending: string): string[] {
  return files.filter(({ path }) => path.endsWith(ending)).flatMap(({ lines }) => lines)
}

export const batchesOf = (files: readonly DumpedFile[]): string[] =>
  linesOf(files, '.log').filter((line) => line.startsWith('baseOffset: '))

export const recordsOf = (files: readonly DumpedFile[]): string[] =>
  linesOf(files, '.log').filter((line) => line.startsWith('| offset: '))
