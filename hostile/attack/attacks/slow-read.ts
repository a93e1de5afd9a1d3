import { fetchEverything } from '../requests.ts'
import type { Attack } from '../attack.ts'

const mib = 1_048_576

/** Never at a standstill, and yet never done. */
export const slowRead: Attack = {
  name: 'slow-read',
  about: 'ask for all that a fetch may give, and read 4 KiB of it ten times a second',
  connections: 64,
  boundMiB: 640,
  boundOf: 'answers 256, buffers kept for reuse 64, and as much again that the collector and the allocator are behind',
  unbounded: { 'queued.max.response.bytes': '1000000000000', 'connection.unsent.max.bytes': '67108864' },
  begin: (crowd, ground) => {
    const request = fetchEverything(ground, { all: 55 * mib, partition: 1 * mib })
    crowd.start((socket) => {
      for (let nth = 0; nth < 4; nth++) crowd.send(socket, request)
      crowd.sip(socket, { bytes: 4096, ms: 100 })
    })
  },
}
