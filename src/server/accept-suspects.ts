import { type Receipt, Receipts } from '../broker/receipts.ts'
import { uuidFromBytes } from '../codec/uuid.ts'
import type { Suspect } from '../log/suspicion.ts'
import type { ClusterImage } from '../metadata/image.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { LogFolder } from './log-folder.ts'

/**
 * A replica that may have lost what it acknowledged neither votes nor leads until it has caught up with another. One that is alone
 * in its group has nobody to catch up with: it goes on, and a receipt says from where on records may be missing. One
 * whose log cannot be opened does not go on, and stays suspect: what it has lost is found when it can.
 */
export async function acceptSuspects(
  runtime: Runtime,
  folder: LogFolder,
  found: { image: ClusterImage; suspects: readonly Suspect[] },
): Promise<void> {
  const receipts = await Receipts.open(runtime.disk, folder.directory.path)
  const alone = found.suspects.filter(({ topic, partition }) => {
    // Offline: what it has lost is known only when it can be read again.
    if (folder.directory.log({ topic, partition }) === null) return false
    const replicas = found.image.partition(topic, partition)?.replicas
    return replicas === undefined || replicas.length === 1
  })
  const written = alone.map((suspect) => receiptOf(runtime, folder, suspect))
  if (written.length === 0) return
  await receipts.add(written)
  await folder.directory.liftSuspicion(alone)
  const reasons = [...new Set(written.map(({ reason }) => reason))]
  const facts = { partitions: written.length, reasons, receipts: written.slice(0, 5).map(({ id }) => id) }
  runtime.logger.warn(facts, 'partitions may have lost their newest records; receipts are written and they go on alone')
}

function receiptOf(runtime: Runtime, folder: LogFolder, suspect: Suspect): Receipt {
  const { topic, partition, reason, detail } = suspect
  return {
    id: uuidFromBytes(runtime.random.bytes(16)),
    atMs: runtime.clock.nowMs(),
    topic,
    partition,
    kind: 'bounds',
    from: folder.directory.log({ topic, partition })?.logEndOffset ?? suspect.logEndOffset ?? 0,
    to: null,
    reason: `${reason}: ${detail}`,
  }
}
