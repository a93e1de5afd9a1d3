import type { Broker } from '../../broker/broker.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { initProducerId } from '../schema/init-producer-id.ts'

/**
 * Gives an idempotent producer its id. Versions 0 to 5; v2 is flexible, v3 takes the id that a producer has already (KIP-360):
 * without transactions it is given a fresh one, which is always right. Transactions are not served: a
 * transactional id is refused with an error on which clients stop at once.
 */
export const initProducerIdHandler = (broker: Broker) =>
  handler(initProducerId, async (request, context) => {
    const none = { producerId: -1, producerEpoch: -1 }
    if (request.transactionalId !== null) {
      const { transactionalId } = request
      broker.logger.warn({ transactionalId, client: context.clientId }, 'transactions are not served yet')
      const error =
        transactionalId === '' ? kafkaErrors.INVALID_REQUEST : kafkaErrors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
      return { ...none, errorCode: error.code }
    }
    if ((request.producerEpoch === -1) !== (request.producerId === -1)) {
      return { ...none, errorCode: kafkaErrors.INVALID_REQUEST.code }
    }
    try {
      const producerId = await broker.producerIds.take()
      return { errorCode: kafkaErrors.NONE.code, producerId, producerEpoch: 0 }
    } catch (error) {
      broker.logger.warn({ error: String(error) }, 'no producer id could be had')
      return { ...none, errorCode: kafkaErrors.COORDINATOR_NOT_AVAILABLE.code }
    }
  })
