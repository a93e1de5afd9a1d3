import fc from 'fast-check'
import { type decodeRequest, type decodeResponse, readPreamble } from '../../src/codec/api.ts'
import { MalformedInput } from '../../src/codec/malformed-input.ts'
import { apis } from '../../src/kafka/schema/registry.ts'
import { mutated } from '../mutation.ts'
import { recordedBodies, requestFrame } from '../recorded-frames.ts'
import { demand, type Target } from '../target.ts'

/** An object of a few fields can be made of two bytes. */
const bytesPerByte = 300

type DecodeRequest = typeof decodeRequest
type DecodeResponse = typeof decodeResponse

/** `decode` is `decodeRequest`, but where a mistake is planted. */
export function requestsTarget(name: string, decode: DecodeRequest): Target<Buffer> {
  return {
    name,
    about: 'requests of all APIs and versions: what is decoded has no more parts than the request has bytes',
    share: 30,
    inputs: () => mutated(recordedBodies('request').map(requestFrame)),
    bytesMax: (frame) => frame.length * bytesPerByte,
    feed: (frame) => {
      onlyMalformed(() => {
        const { apiKey } = readPreamble(frame)
        const api = apis.find(({ key }) => key === apiKey)
        if (api === undefined) return
        demand(partsIn(decode(api, frame).body) <= frame.length, 'more parts than bytes')
      })
    },
  }
}

interface Answer {
  readonly which: number
  readonly frame: Buffer
}

/** What a broker that is none sends to our own client. `decode` is `decodeResponse`, but where a mistake is planted. */
export function responsesTarget(name: string, decode: DecodeResponse): Target<Answer> {
  const bodies = recordedBodies('response')
  return {
    name,
    about: 'responses of all APIs and versions, as our own client reads them',
    share: 15,
    inputs: () =>
      fc.nat(bodies.length - 1).chain((which) => {
        const { api, version, bytes } = bodies[which] as (typeof bodies)[number]
        const tagged = version >= api.flexibleSince && !api.plainResponseHeader ? 1 : 0
        return fc.record({
          which: fc.constant(which),
          frame: mutated([Buffer.concat([Buffer.alloc(4 + tagged), bytes])]),
        })
      }),
    bytesMax: ({ frame }) => frame.length * bytesPerByte,
    feed: ({ which, frame }) => {
      const { api, version } = bodies[which] as (typeof bodies)[number]
      onlyMalformed(() => {
        demand(partsIn(decode(api, version, frame).body) <= frame.length, 'more parts than bytes')
      })
    },
  }
}

function onlyMalformed(decodes: () => void): void {
  try {
    decodes()
  } catch (error) {
    if (!(error instanceof MalformedInput)) throw error
  }
}

/** Elements of all arrays within a message. */
function partsIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, element) => sum + 1 + partsIn(element), 0)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0
  return Object.values(value).reduce((sum: number, field) => sum + partsIn(field), 0)
}
