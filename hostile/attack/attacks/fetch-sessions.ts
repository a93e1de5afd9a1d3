import type { Attack } from '../attack.ts'
import { requestsBoundMiB } from '../bounds.ts'
import { fetchInSession } from '../requests.ts'

const pipelined = 20

/** A session outlives the request, and the connection. */
export const fetchSessions: Attack = {
  name: 'fetch-sessions',
  about: 'begin 2,000 fetch sessions with 4,000 partitions each, and use none of them',
  connections: 100,
  boundMiB: requestsBoundMiB,
  unbounded: {
    settings: {
      'fetch.session.partitions.max': '2147483647',
      'max.incremental.fetch.session.cache.slots': '1000000',
    },
    plant: new URL('../plants/lazy-collector.js', import.meta.url),
  },
  begin: (crowd, ground) => {
    const request = fetchInSession(ground)
    crowd.start((socket) => {
      for (let nth = 0; nth < pipelined; nth++) crowd.send(socket, request)
      crowd.sip(socket, { bytes: 1_000_000, ms: 50 })
    })
  },
}
