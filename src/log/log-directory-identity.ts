import { type Disk, DiskFault } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { parentOf } from '../runtime/write-file-atomic.ts'
import { writeCleanMark } from './clean-shutdown.ts'
import type { HostedReplicas } from './hosted-replicas.ts'
import { LogDirectoryFile, readFileIfThere } from './log-directory-file.ts'
import { LogDirectoryRefusal } from './log-directory-refusal.ts'
import type { FolderScan } from './log-directory-scan.ts'
import {
  decodeMetaProperties,
  encodeMetaProperties,
  type MetaProperties,
  metaPropertiesName,
  newUuid,
  refuseForeign,
} from './meta-properties.ts'

const bootName = 'trilog-boot.json'

/** Whose folder it is, for good. */
export interface Identity extends MetaProperties {
  readonly directoryId: string
  /** It was empty and has been made into a log directory by this start. */
  readonly madeNow: boolean
}

/** Reads whose folder it is, or makes a new one. Refuses another broker's folder and one that has lost its identity. */
export async function identify(
  at: { runtime: Runtime; directory: string; scan: FolderScan; hosted: HostedReplicas },
  wanted: { nodeId: number; clusterId?: string | undefined },
): Promise<Identity> {
  const { runtime, directory } = at
  const bytes = await readFileIfThere(runtime.disk, `${directory}/${metaPropertiesName}`)
  if (bytes === null) return makeNew(at, wanted)
  const found = decodeMetaProperties(bytes, directory)
  refuseForeign(found, wanted, directory)
  if (found.directoryId !== null) return { ...found, directoryId: found.directoryId, madeNow: false }
  const identified = { ...found, directoryId: newUuid(runtime.random) }
  await runtime.disk.writeFileAtomic(`${directory}/${metaPropertiesName}`, encodeMetaProperties(identified))
  return { ...identified, madeNow: false }
}

async function makeNew(
  at: { runtime: Runtime; directory: string; scan: FolderScan; hosted: HostedReplicas },
  wanted: { nodeId: number; clusterId?: string | undefined },
): Promise<Identity> {
  const { directory, scan } = at
  if (scan.partitions.size > 0) {
    const sentence = `${directory} holds partitions but no ${metaPropertiesName}: restore that file, or give another folder`
    throw new LogDirectoryRefusal({ code: 'no-identity', path: directory, sentence })
  }
  return { ...(await writeNew(at, wanted)), madeNow: true }
}

/** Makes an empty folder a log directory; durable when resolved. */
export async function writeNew(
  at: { runtime: Runtime; directory: string; hosted: HostedReplicas },
  { nodeId, clusterId = newUuid(at.runtime.random) }: { nodeId: number; clusterId?: string | undefined },
): Promise<MetaProperties & { readonly directoryId: string }> {
  const { runtime, directory, hosted } = at
  const identity = { clusterId, nodeId, directoryId: newUuid(runtime.random) }
  await syncParents(runtime.disk, directory)
  await hosted.save()
  await writeBootId(runtime.disk, directory, runtime.bootId)
  await writeCleanMark(runtime.disk, directory, { brokerEpoch: -1 })
  // Last: with it the folder is whole. A stop before leaves one that the next start makes anew.
  await runtime.disk.writeFileAtomic(`${directory}/${metaPropertiesName}`, encodeMetaProperties(identity))
  return identity
}

/** A start that was cut short may have made the folder and not its name durable; then making it again does not either. */
async function syncParents(disk: Disk, directory: string): Promise<void> {
  for (let child = directory, parent = parentOf(child); parent !== child; child = parent, parent = parentOf(child)) {
    try {
      await disk.syncDirectory(parent)
    } catch (error) {
      // Not ours to read, so not ours to have made.
      if (!(error instanceof DiskFault && (error.code === 'EACCES' || error.code === 'EPERM'))) throw error
    }
  }
}

/** The boot at the last append. `known` is false without the file: a folder that Trilog has never written to. */
export async function readBootId(disk: Disk, directory: string): Promise<{ known: boolean; bootId: string | null }> {
  const read = await new LogDirectoryFile(disk, `${directory}/${bootName}`).read()
  const bootId = read.state === 'whole' ? (read.facts as { bootId?: unknown }).bootId : null
  return { known: read.state !== 'missing', bootId: typeof bootId === 'string' ? bootId : null }
}

/** Durable when resolved. */
export function writeBootId(disk: Disk, directory: string, bootId: string | null): Promise<void> {
  return new LogDirectoryFile(disk, `${directory}/${bootName}`).write({ bootId })
}
