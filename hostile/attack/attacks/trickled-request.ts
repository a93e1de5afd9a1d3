import type { Attack } from '../attack.ts'
import { noBoundOnRequests, requestsBoundMiB } from '../bounds.ts'
import { beginningOf } from '../requests.ts'

const mib = 1_048_576

/** Half open: each byte is a sign of life. */
export const trickledRequest: Attack = {
  name: 'trickled-request',
  about: 'announce a request of 99 MiB and send it byte by byte, ten a second',
  connections: 1_500,
  boundMiB: requestsBoundMiB,
  unbounded: { settings: noBoundOnRequests, plant: new URL('../plants/eager-room.js', import.meta.url) },
  begin: (crowd) => {
    const bytes = beginningOf(99 * mib, 1_000)
    crowd.start((socket) => {
      crowd.send(socket, bytes)
      crowd.every(100, () => crowd.send(socket, Buffer.alloc(1)))
    })
  },
}
