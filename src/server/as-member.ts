import type { BrokerConfig } from '../config/broker-config.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { BrokerRules } from './broker-rules.ts'
import { ClusterMember } from './cluster-member.ts'
import { LogFolder } from './log-folder.ts'

/**
 * Opens the folder of a process, has it join its cluster, and starts what it is there. Folder and membership are closed again
 * when that goes wrong.
 */
export async function asMember<T>(
  { runtime, config, rules }: { runtime: Runtime; config: BrokerConfig; rules: BrokerRules },
  start: (member: ClusterMember, folder: LogFolder) => Promise<T>,
): Promise<T> {
  const folder = await LogFolder.open(runtime, config, config.logDirs[0] ?? '')
  try {
    const member = await ClusterMember.join(runtime, config, { folder, rules })
    try {
      return await start(member, folder)
    } catch (error) {
      await member.close()
      throw error
    }
  } catch (error) {
    await folder.directory.close()
    throw error
  }
}
