import type { Runtime } from '../runtime/runtime.ts'
import { HostedReplicas } from './hosted-replicas.ts'
import { readFileIfThere } from './log-directory-file.ts'
import { writeNew } from './log-directory-identity.ts'
import { decodeMetaProperties, metaPropertiesName, refuseForeign } from './meta-properties.ts'

/** The folder is one already, of a release that gave folders no ids: its next start gives it one. */
class NotFormatted extends Error {}

/**
 * Makes a log directory before its broker starts for the first time, so that others can be told the id of its folder: the
 * voters of a new cluster have to be. One that is there already is left as it is, if it is that node's. Resolves with the
 * folder's id, as 22 characters. Rejects with a `LogDirectoryRefusal` for another node's folder.
 */
export async function formatLogDirectory(
  runtime: Runtime,
  directory: string,
  wanted: { readonly nodeId: number; readonly clusterId: string },
): Promise<string> {
  const { disk } = runtime
  await disk.makeDirectory(directory)
  const bytes = await readFileIfThere(disk, `${directory}/${metaPropertiesName}`)
  if (bytes === null) {
    const hosted = new HostedReplicas(disk, directory)
    return (await writeNew({ runtime, directory, hosted }, wanted)).directoryId
  }
  const found = decodeMetaProperties(bytes, directory)
  refuseForeign(found, wanted, directory)
  if (found.directoryId === null) throw new NotFormatted(`${directory} has no id of its own: start its broker once`)
  return found.directoryId
}
