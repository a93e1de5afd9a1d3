import type { Attack } from '../attack.ts'
import { noBoundOnRequests, requestsBoundMiB } from '../bounds.ts'
import { beginningOf } from '../requests.ts'

const mib = 1_048_576

/** Memory for a request is held from its first byte on. */
export const stalledRequest: Attack = {
  name: 'stalled-request',
  about: 'announce a request of 99 MiB, send 100 kB of it, and nothing more',
  connections: 1_500,
  boundMiB: requestsBoundMiB,
  unbounded: { settings: noBoundOnRequests, plant: new URL('../plants/eager-room.js', import.meta.url) },
  begin: (crowd) => {
    const bytes = beginningOf(99 * mib, 100_000)
    crowd.start((socket) => crowd.send(socket, bytes))
  },
}
