import type { LiveConfigs } from '../broker/live-configs.ts'
import { logSettingsOf } from '../broker/log-settings-of.ts'
import type { OpenReport } from '../log/log-directory.ts'
import type { RecoveryReport } from '../log/log-recovery.ts'
import type { ClusterImage } from '../metadata/image.ts'
import type { LogFolder } from './log-folder.ts'

/** Opens every log of the folder, each with the settings that the image has for its topic. */
export function openFolder(
  folder: LogFolder,
  { image, configs, self }: { image: ClusterImage; configs: LiveConfigs; self: number },
): Promise<OpenReport> {
  return folder.directory.openAll({
    open: (place) => folder.openAt(place, logSettingsOf(configs.topic(place.topic))),
    flushesAlways: ({ topic }) => configs.topic(topic).flushMessages === 1,
    damageOf: (log) => damageOf(log.recovery),
    *expected() {
      for (const { name, id, partitions } of image.topics.values()) {
        for (const { index, replicas, group } of partitions) {
          if (group === null && replicas.includes(self)) yield { topic: name, partition: index, topicId: id }
        }
      }
    },
  })
}

/** What recovery has found beyond a torn tail, in words; null: nothing. */
export function damageOf({ damage, lostFlushed, cutFrom, cutDamage }: RecoveryReport): string | null {
  const [first] = damage
  if (first !== undefined) return `damaged bytes from offset ${first.from} on`
  if (cutDamage) return `damaged bytes from offset ${cutFrom} on, at the end`
  return lostFlushed ? `records from offset ${cutFrom} on were fsynced and are gone` : null
}
