import type { Attack } from '../attack.ts'
import { answersBoundMiB, noBoundOnAnswers } from '../bounds.ts'
import { fetchEverything } from '../requests.ts'

const mib = 1_048_576
const pipelined = 16

/** Who has nothing more to say may still want to hear the answer, or nothing any more. */
export const halfClosed: Attack = {
  name: 'half-closed',
  about: 'ask for a megabyte, end the sending side, and read nothing',
  connections: 100,
  boundMiB: answersBoundMiB,
  unbounded: { settings: noBoundOnAnswers, plant: new URL('../plants/half-open-sockets.js', import.meta.url) },
  begin: (crowd, ground) => {
    const request = fetchEverything(ground, { all: mib, partition: mib })
    crowd.start((socket) => {
      for (let nth = 0; nth < pipelined; nth++) crowd.send(socket, request)
      socket.end()
    })
  },
}
