/** Loaded into a broker: a client that has ended its side is waited for as long as it does not take its answers. */
import net from 'node:net'
import { syncBuiltinESMExports } from 'node:module'

const { Socket } = net

net.Socket = class extends Socket {
  constructor(options?: net.SocketConstructorOpts) {
    super({ ...options, allowHalfOpen: true })
  }
}
syncBuiltinESMExports()
