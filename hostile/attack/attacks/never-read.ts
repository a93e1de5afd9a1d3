import { fetchEverything } from '../requests.ts'
import type { Attack } from '../attack.ts'

const mib = 1_048_576
const pipelined = 8

/** Answers pile up in the broker as soon as the system's own buffers are full. */
export const neverRead: Attack = {
  name: 'never-read',
  about: 'ask for all that a fetch may give, again and again, and read nothing',
  connections: 64,
  boundMiB: 640,
  boundOf: 'answers 256, buffers kept for reuse 64, and as much again that the collector and the allocator are behind',
  unbounded: { 'queued.max.response.bytes': '1000000000000', 'connection.unsent.max.bytes': '67108864' },
  begin: (crowd, ground) => {
    const request = fetchEverything(ground, { all: 55 * mib, partition: 8 * mib })
    crowd.start((socket) => {
      for (let nth = 0; nth < pipelined; nth++) crowd.send(socket, request)
    })
  },
}
