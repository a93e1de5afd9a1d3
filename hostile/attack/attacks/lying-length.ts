import type { Attack } from '../attack.ts'
import { noBoundOnRequests, requestsBoundMiB } from '../bounds.ts'
import { beginningOf } from '../requests.ts'

const lies = [2_147_483_647, -1, -2_147_483_648, 104_857_601]

export const lyingLength: Attack = {
  name: 'lying-length',
  about: 'announce requests larger than any may be, or smaller than nothing, and come back when thrown out',
  connections: 1_500,
  boundMiB: requestsBoundMiB,
  unbounded: {
    settings: { ...noBoundOnRequests, 'socket.request.max.bytes': '2147483647' },
    plant: new URL('../plants/eager-room.js', import.meta.url),
  },
  begin: (crowd) => {
    let nth = 0
    crowd.start((socket) => crowd.send(socket, beginningOf(lies[nth++ % lies.length] ?? -1, 1_000)))
  },
}
