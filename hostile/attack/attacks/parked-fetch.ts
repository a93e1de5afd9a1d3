import type { Attack } from '../attack.ts'
import { requestsBoundMiB } from '../bounds.ts'
import { fetchForEver } from '../requests.ts'

/** Each partition that a waiting fetch names costs more in memory than the bytes that name it. */
export const parkedFetch: Attack = {
  name: 'parked-fetch',
  about: 'fetch from the ends of 4,000 partitions, and wait for records for 24 days',
  connections: 400,
  boundMiB: requestsBoundMiB,
  unbounded: null,
  begin: (crowd, ground) => {
    const request = fetchForEver(ground)
    crowd.start((socket) => crowd.send(socket, request))
  },
}
