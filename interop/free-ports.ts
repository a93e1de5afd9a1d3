import { createServer } from 'node:net'

/**
 * A port such that it and the ports at the given distances from it are free on loopback right now. Another process may
 * take one before it is used; the server then refuses to start and says so.
 */
export async function freePortBase(distances: readonly number[]): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const base = await listenOnce(0)
    // Below the range that the kernel hands out, so that no outgoing connection takes one meanwhile.
    const candidate = 12_000 + (base % 18_000)
    const wanted = [candidate, ...distances.map((distance) => candidate + distance)]
    const taken = await Promise.all(
      wanted.map((port) =>
        listenOnce(port).then(
          () => false,
          () => true,
        ),
      ),
    )
    if (!taken.includes(true)) return candidate
  }
  throw new Error('no free ports found on loopback')
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : port
      server.close(() => resolve(bound))
    })
  })
}
