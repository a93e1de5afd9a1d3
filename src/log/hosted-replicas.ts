import type { Disk } from '../runtime/disk.ts'
import { LogDirectoryFile } from './log-directory-file.ts'
import { type HostedReplica, type PartitionName, partitionKey } from './log-directory-name.ts'

const hostedReplicasName = 'trilog-hosted-replicas.json'
const version = 1

/**
 * Which replicas this folder must hold, fsynced: what tells a deleted partition folder, which is damage, from a replica
 * that was never here.
 */
export class HostedReplicas {
  readonly #file: LogDirectoryFile
  readonly #replicas = new Map<string, HostedReplica>()
  /** Keys of those whose deletion has begun: their folders may be there or gone. */
  readonly #deleting = new Set<string>()
  #writing: Promise<void> | null = null
  #next: Promise<void> | null = null

  constructor(disk: Disk, directory: string) {
    this.#file = new LogDirectoryFile(disk, `${directory}/${hostedReplicasName}`)
  }

  /** Reads the list; unless it is whole, the caller says what is hosted (`adopt`). */
  async load(): Promise<'whole' | 'missing' | 'damaged'> {
    const read = await this.#file.read()
    if (read.state !== 'whole') return read.state
    const facts = read.facts as { version: number; replicas: HostedReplica[]; deleting: string[] }
    if (facts.version !== version) return 'damaged'
    for (const replica of facts.replicas) this.#replicas.set(partitionKey(replica), replica)
    for (const key of facts.deleting) this.#deleting.add(key)
    return 'whole'
  }

  get size(): number {
    return this.#replicas.size
  }

  get(name: PartitionName): HostedReplica | undefined {
    return this.#replicas.get(partitionKey(name))
  }

  /** By topic and partition, as they came. */
  values(): IterableIterator<HostedReplica> {
    return this.#replicas.values()
  }

  /** Those whose deletion has begun and not ended. */
  deleting(): HostedReplica[] {
    return [...this.#replicas.values()].filter((replica) => this.#deleting.has(partitionKey(replica)))
  }

  async add(replicas: readonly HostedReplica[]): Promise<void> {
    for (const replica of replicas) this.#replicas.set(partitionKey(replica), replica)
    await this.save()
  }

  /** From here on a missing folder is no damage. */
  async beginDeletion(replica: PartitionName): Promise<void> {
    this.#deleting.add(partitionKey(replica))
    await this.save()
  }

  async remove(replicas: readonly PartitionName[]): Promise<void> {
    for (const replica of replicas) {
      this.#replicas.delete(partitionKey(replica))
      this.#deleting.delete(partitionKey(replica))
    }
    await this.save()
  }

  /** Durable when resolved. Changes made while a write is under way share the next one: a topic's partitions cost two. */
  save(): Promise<void> {
    if (this.#writing === null) {
      this.#writing = this.#write()
      return this.#writing
    }
    this.#next ??= this.#writing.then(ignore, ignore).then(() => {
      this.#next = null
      this.#writing = this.#write()
      return this.#writing
    })
    return this.#next
  }

  async #write(): Promise<void> {
    try {
      await this.#file.write({ version, replicas: [...this.#replicas.values()], deleting: [...this.#deleting] })
    } finally {
      if (this.#next === null) this.#writing = null
    }
  }
}

function ignore(): void {}
