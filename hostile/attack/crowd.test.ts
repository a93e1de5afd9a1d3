import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Crowd } from './crowd.ts'
import { portsIn } from './peers-gone.ts'

test('which connections are still open is read from the table of the system', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2384 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:C001 0100007F:2384 01 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 0100007F:C002 0100007F:2384 08 00000000:00010000 00:00000000 00000000     0        0 3 1
   3: 0100007F:C003 0100007F:2384 05 00000000:00000000 00:00000000 00000000     0        0 4 1
   4: 0100007F:C004 0100007F:2385 01 00000000:00000000 00:00000000 00000000     0        0 5 1
   5: 0100007F:2384 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 6 1
`
  assert.deepEqual([...portsIn(table, 0x2384)], [0xc001, 0xc003])
})

if (process.platform === 'linux') {
  test('a crowd that reads nothing sees that its connections are closed, and comes back as often as it may', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.end(Buffer.alloc(100_000))
      socket.resume()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const crowd = new Crowd(
      { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
      { size: 2, openedMax: 6 },
    )
    crowd.start(() => {})
    for (let came = 0; came < 6; came++) await once(server, 'connection')
    assert.ok(crowd.counts.closed >= 4)
    crowd.end()
    server.close()
  })
}
