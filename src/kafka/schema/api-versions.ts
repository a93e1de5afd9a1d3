import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const apiVersion = message({
  apiKey: { type: 'int16', about: 'Number of the API.' },
  minVersion: { type: 'int16', about: 'First version.' },
  maxVersion: { type: 'int16', about: 'Last version.' },
})

const supportedFeatureKey = message({
  name: { type: 'string', since: 3, about: 'Name of the feature.' },
  minVersion: { type: 'int16', since: 3, about: 'Lowest level.' },
  maxVersion: { type: 'int16', since: 3, about: 'Highest level.' },
})

const finalizedFeatureKey = message({
  name: { type: 'string', since: 3, about: 'Name of the feature.' },
  maxVersionLevel: { type: 'int16', since: 3, about: 'Highest level in force.' },
  minVersionLevel: { type: 'int16', since: 3, about: 'Lowest level in force.' },
})

export const apiVersions = api({
  key: 18,
  name: 'ApiVersions',
  about: 'Tells which APIs and versions are served (KIP-511).',
  versions: [0, 4],
  flexibleSince: 3,
  plainResponseHeader: true,
  request: message({
    clientSoftwareName: { type: 'string', since: 3, ignorable: true, about: 'What the client library calls itself.' },
    clientSoftwareVersion: { type: 'string', since: 3, ignorable: true, about: 'Release of the client library.' },
  }),
  response: message({
    errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
    apiKeys: { type: array(apiVersion), about: 'Each API that is served.' },
    throttleTimeMs: {
      type: 'int32',
      since: 1,
      ignorable: true,
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    supportedFeatures: {
      type: array(supportedFeatureKey),
      since: 3,
      tagged: { tag: 0, since: 3 },
      ignorable: true,
      about: 'Features that this broker could run with (KIP-584).',
    },
    finalizedFeaturesEpoch: {
      type: 'int64',
      since: 3,
      tagged: { tag: 1, since: 3 },
      default: -1,
      ignorable: true,
      about: 'Grows with each change of the levels, -1 if unknown.',
    },
    finalizedFeatures: {
      type: array(finalizedFeatureKey),
      since: 3,
      tagged: { tag: 2, since: 3 },
      ignorable: true,
      about: 'Features that the whole cluster runs with.',
    },
    zkMigrationReady: {
      type: 'bool',
      since: 3,
      tagged: { tag: 3, since: 3 },
      ignorable: true,
      about: 'Left from the move off ZooKeeper; always false.',
    },
  }),
})
