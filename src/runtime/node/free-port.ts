import { createServer } from 'node:net'

/** Whether nobody listens on the port of this machine's loopback. */
export function isFree(port: number): Promise<boolean> {
  return listens(port).then((taken) => taken !== null)
}

/** A free port that is none of `taken`. */
export async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = await listens(0)
    if (port !== null && !taken.has(port)) return port
  }
}

/** Listens for a moment; the port, or null when it could not. */
function listens(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      const got = typeof address === 'object' && address !== null ? address.port : port
      server.close(() => resolve(got))
    })
  })
}
