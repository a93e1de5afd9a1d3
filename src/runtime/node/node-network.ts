import { createServer, Socket } from 'node:net'
import type { Connection, Listener, Network } from '../network.ts'
import { NodeConnection } from './node-connection.ts'

/** TCP by `node:net`. No delay (Nagle off), keepalive after a minute of silence. */
export class NodeNetwork implements Network {
  listen(at: { host: string; port: number }, accept: (connection: Connection) => void): Promise<Listener> {
    return new Promise((resolve, reject) => {
      const server = createServer({ pauseOnConnect: true }, (socket) => accept(new NodeConnection(socket)))
      server.once('error', reject)
      server.listen({ host: at.host, port: at.port, backlog: 1024 }, () => {
        server.off('error', reject)
        // Accepting can fail for want of file handles; what is connected lives on, and the next accept may do.
        server.on('error', () => {})
        const address = server.address()
        const port = typeof address === 'object' && address !== null ? address.port : at.port
        resolve({
          port,
          // The port is free at once; the server's own `close` event would wait for every connection to end.
          close: async () => void server.close(),
        })
      })
    })
  }

  connect(to: { host: string; port: number }, options: { timeoutMs?: number } = {}): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = new Socket()
      const timer = options.timeoutMs === undefined ? null : setTimeout(onTimeout, options.timeoutMs)
      // Paused before it connects: nothing may be read until the receiver says where to.
      socket.pause()
      socket.once('error', onError)
      socket.connect({ host: to.host, port: to.port }, () => {
        if (timer !== null) clearTimeout(timer)
        socket.off('error', onError)
        resolve(new NodeConnection(socket))
      })

      function onError(error: Error): void {
        if (timer !== null) clearTimeout(timer)
        reject(error)
      }

      function onTimeout(): void {
        const error = new Error(`connect ETIMEDOUT ${to.host}:${to.port}`)
        socket.destroy(Object.assign(error, { code: 'ETIMEDOUT', syscall: 'connect' }))
      }
    })
  }
}
