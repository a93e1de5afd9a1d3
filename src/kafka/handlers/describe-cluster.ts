import type { Broker } from '../../broker/broker.ts'
import type { BrokerImage } from '../../metadata/image.ts'
import { allOperations } from '../authorized-operations.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { describeCluster } from '../schema/describe-cluster.ts'

const brokers = 1
const controllers = 2

/**
 * The brokers of the cluster. Versions 0 to 2; v1 may ask for the controllers, which have no listener for clients here, v2 for
 * the brokers that are fenced as well (KIP-1073).
 */
export const describeClusterHandler = (broker: Broker) =>
  handler(describeCluster, (request, context) => {
    if (context.version >= 1 && request.endpointType !== brokers) {
      const isKnown = request.endpointType === controllers
      const { code } = isKnown ? kafkaErrors.MISMATCHED_ENDPOINT_TYPE : kafkaErrors.UNSUPPORTED_ENDPOINT_TYPE
      return { errorCode: code, errorMessage: 'this is the endpoint of a broker, not of a controller' }
    }
    return {
      errorCode: kafkaErrors.NONE.code,
      endpointType: brokers,
      clusterId: broker.image.clusterId,
      controllerId: broker.administrator,
      brokers: asked(broker, request.includeFencedBrokers).map(({ id, host, port, rack, fenced }) => ({
        brokerId: id,
        host,
        port,
        rack,
        ...(context.version >= 2 ? { isFenced: fenced } : {}),
      })),
      ...(request.includeClusterAuthorizedOperations ? { clusterAuthorizedOperations: allOperations.cluster } : {}),
    }
  })

function asked({ image }: Broker, includeFenced: boolean): readonly BrokerImage[] {
  return includeFenced ? image.brokersThat(() => true) : image.living
}
