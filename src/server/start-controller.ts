import type { BrokerConfig } from '../config/broker-config.ts'
import { LogDirectoryRefusal } from '../log/log-directory-refusal.ts'
import { metadataTopicName } from '../metadata/topic-name.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { asMember } from './as-member.ts'
import { type BrokerRules, brokerRules } from './broker-rules.ts'
import { DiskFailed } from './disk-failed.ts'
import type { LogFolder } from './log-folder.ts'

export interface RunningController {
  /** Where the other processes of the cluster reach it. */
  readonly peer: { readonly host: string; readonly port: number }
  /** Fsyncs everything and ends. */
  stop(): Promise<void>
  /** Resolves if the controller cannot go on by itself. */
  readonly failed: Promise<Error>
}

/**
 * Starts a process that only takes part in the metadata log (`process.roles: controller`): it votes, may decide on what the
 * cluster is, and has no topics and no port for clients. Resolves once the others can reach it; who leads may be open then.
 */
export function startController(
  runtime: Runtime,
  config: BrokerConfig,
  { rules = brokerRules }: { rules?: BrokerRules } = {},
): Promise<RunningController> {
  return asMember({ runtime, config, rules }, async (member, folder) => {
    refuseTopics(folder)
    await folder.directory.openAll({
      open: () => Promise.reject(new Error('a controller opens no log but that of the metadata')),
      flushesAlways: () => true,
    })
    const { peerListener, peerAdvertisedListener } = config
    const host = (peerAdvertisedListener ?? peerListener)?.host ?? ''
    runtime.logger.info({ port: member.peers.port }, 'the controller is ready')
    return {
      peer: { host, port: peerAdvertisedListener?.port ?? member.peers.port },
      failed: Promise.race([member.failed, folder.failed.then((fault) => new DiskFailed(fault))]),
      stop: async () => {
        await member.handOverAll()
        await member.close()
        await folder.directory.close()
      },
    }
  })
}

/** A broker's folder has logs that nobody would open or check here, and that its clean mark would then speak for. */
function refuseTopics({ directory }: LogFolder): void {
  for (const { topic, partition } of directory.hosted()) {
    if (topic === metadataTopicName) continue
    const sentence = `${directory.path} holds ${topic}-${partition}, and a controller has no topics: give process.roles broker as well, or give another folder`
    throw new LogDirectoryRefusal({ code: 'not-ours', path: directory.path, sentence })
  }
}
