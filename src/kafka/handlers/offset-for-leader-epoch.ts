import type { Broker } from '../../broker/broker.ts'
import { servedEndFor } from '../../replica/served-epochs.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { refusalErrors } from '../refusal-errors.ts'
import { offsetForLeaderEpoch } from '../schema/offset-for-leader-epoch.ts'

/**
 * Where an epoch ended, so that a client or follower finds out whether its position is still in the log (KIP-101, KIP-320).
 * Versions 2 to 4; v4 is flexible.
 */
export const offsetForLeaderEpochHandler = (broker: Broker) =>
  handler(offsetForLeaderEpoch, async (request) => ({
    topics: await Promise.all(
      request.topics.map(async ({ topic, partitions }) => ({
        topic,
        partitions: await Promise.all(
          partitions.map(async ({ partition, currentLeaderEpoch, leaderEpoch }) => {
            const none = { partition, leaderEpoch: -1, endOffset: -1 }
            const replica = broker.servedOf(topic, partition)
            if (replica === null) return { ...none, errorCode: refusalErrors[broker.absenceOf(topic, partition)] }
            const stale = replica.checkEpoch(currentLeaderEpoch)
            if (stale !== null) return { ...none, errorCode: refusalErrors[stale.code] }
            const { epoch, endOffset } = await servedEndFor(replica, leaderEpoch)
            return { partition, errorCode: kafkaErrors.NONE.code, leaderEpoch: epoch, endOffset }
          }),
        ),
      })),
    ),
  }))
