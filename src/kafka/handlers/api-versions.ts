import { type Handler, handler } from '../handler.ts'
import { kafkaErrors } from '../errors.ts'
import { apiVersions } from '../schema/api-versions.ts'
import { firstOwnKey, ownClientName } from '../schema/own/own-apis.ts'

/** What a client may call itself and its version (KIP-511). */
const softwareName = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

/**
 * Tells a client what is served: exactly the APIs that have a handler. Versions 0 to 4.
 * v3 asks who the client is; a name that is not one is refused. A version newer than these is answered in the form of v0
 * by the dispatcher.
 */
export function apiVersionsHandler(served: () => readonly Handler[]): Handler<typeof apiVersions> {
  return handler(apiVersions, (request, context) => {
    if (context.version >= 3) {
      const named = softwareName.test(request.clientSoftwareName) && softwareName.test(request.clientSoftwareVersion)
      if (!named) return { errorCode: kafkaErrors.INVALID_REQUEST.code }
    }
    // Other clients get the table that Kafka has: what is beyond it is asked by nobody else.
    const isOwn = context.version >= 3 && request.clientSoftwareName === ownClientName
    const apiKeys = served()
      .filter(({ api }) => isOwn || api.key < firstOwnKey)
      .map(({ api }) => ({ apiKey: api.key, minVersion: api.advertisedMin, maxVersion: api.versions[1] }))
      .sort((a, b) => a.apiKey - b.apiKey)
    return { errorCode: kafkaErrors.NONE.code, apiKeys }
  })
}
