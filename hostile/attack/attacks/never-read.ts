import type { Attack } from '../attack.ts'
import { answersBoundMiB, noBoundOnAnswers } from '../bounds.ts'
import { fetchEverything } from '../requests.ts'

const mib = 1_048_576
const pipelined = 8

/** Answers pile up in the broker as soon as the system's own buffers are full. */
export const neverRead: Attack = {
  name: 'never-read',
  about: 'ask for all that a fetch may give, again and again, and read nothing',
  connections: 64,
  boundMiB: answersBoundMiB,
  unbounded: { settings: noBoundOnAnswers },
  begin: (crowd, ground) => {
    const request = fetchEverything(ground, { all: 55 * mib, partition: 8 * mib })
    crowd.start((socket) => {
      for (let nth = 0; nth < pipelined; nth++) crowd.send(socket, request)
    })
  },
}
