import type { Attack } from '../attack.ts'
import { answersBoundMiB, noBoundOnAnswers } from '../bounds.ts'
import { fetchEverything } from '../requests.ts'

const mib = 1_048_576
const pipelined = 4

/** Never at a standstill, and yet never done. */
export const slowRead: Attack = {
  name: 'slow-read',
  about: 'ask for all that a fetch may give, and read 4 KiB of it ten times a second',
  connections: 64,
  boundMiB: answersBoundMiB,
  unbounded: { settings: noBoundOnAnswers },
  begin: (crowd, ground) => {
    const request = fetchEverything(ground, { all: 55 * mib, partition: mib })
    crowd.start((socket) => {
      for (let nth = 0; nth < pipelined; nth++) crowd.send(socket, request)
      crowd.sip(socket, { bytes: 4096, ms: 100 })
    })
  },
}
