import type { Attack } from '../attack.ts'
import { answersBoundMiB } from '../bounds.ts'
import { fetchEverything } from '../requests.ts'

const mib = 1_048_576

/** The end of what the client sends is not the end of the connection: what was asked for is still to be answered. */
export const halfClosed: Attack = {
  name: 'half-closed',
  about: 'ask for a megabyte, end the sending side, and read nothing',
  connections: 100,
  boundMiB: answersBoundMiB,
  unbounded: null,
  begin: (crowd, ground) => {
    const request = fetchEverything(ground, { all: mib, partition: mib })
    crowd.start((socket) => {
      for (let nth = 0; nth < 4; nth++) crowd.send(socket, request)
      socket.end()
    })
  },
}
