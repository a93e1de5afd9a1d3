import type { Attack } from '../attack.ts'
import { noBoundOnRequests, requestsBoundMiB } from '../bounds.ts'
import { fetchForEver } from '../requests.ts'

/** Each partition that a waiting fetch names costs more in memory than the bytes that name it. */
export const parkedFetch: Attack = {
  name: 'parked-fetch',
  about: 'fetch from the ends of 4,000 partitions, and wait for records for 24 days',
  connections: 400,
  boundMiB: requestsBoundMiB,
  unbounded: { settings: noBoundOnRequests, plant: new URL('../plants/lazy-collector.js', import.meta.url) },
  begin: (crowd, ground) => {
    const request = fetchForEver(ground)
    crowd.start((socket) => crowd.send(socket, request))
  },
}
