import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import { test } from 'node:test'
import { choosePorts, refuseOthers } from './cluster-ports.ts'
import { CommandFailed } from './command-failed.ts'
import { freePort } from '../runtime/node/free-port.ts'

/** Makes sure that somebody listens on the port: this test, or whoever does already. */
function occupied(port: number): Promise<Server> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(server))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

test('a default port of any kind that is taken moves to a free one, and says so', async () => {
  const servers = await Promise.all([9_092, 8_080, 9_112].map(occupied))
  const said: string[] = []
  const { brokers } = await choosePorts({}, (sentence) => said.push(sentence))
  for (const server of servers) server.close()
  const [ports] = brokers
  assert.ok(ports !== undefined && ports.kafka !== 9_092 && ports.http !== 8_080 && ports.peer !== 9_112)
  assert.deepEqual(said, [
    `Port 9092 is taken: the Kafka port of broker 1 is ${ports.kafka}.`,
    `Port 8080 is taken: the HTTP port of broker 1 is ${ports.http}.`,
    `Port 9112 is taken: the peer port of broker 1 is ${ports.peer}.`,
  ])
})

test('a given port that is taken is refused', async () => {
  const port = await freePort(new Set())
  const server = await occupied(port)
  const chosen = choosePorts({ kafkaPort: port }, () => {})
  await assert.rejects(chosen, (error) => error instanceof CommandFailed && error.message.startsWith(`Port ${port} `))
  server.close()
})

test('one port is not given out twice', async () => {
  const port = await freePort(new Set())
  await assert.rejects(
    choosePorts({ kafkaPort: port, httpPort: port }, () => {}),
    CommandFailed,
  )
})

test('what a folder was made with may be said again, anything else not', () => {
  const brokers = [{ kafka: 1_000, http: 2_000, peer: 1_020 }]
  const plan = { clusterId: 'A', brokers, controllers: [], voters: [1], backups: 1 }
  refuseOthers(plan, {}, 'DIR')
  refuseOthers(plan, { brokers: 1, kafkaPort: 1_000, httpPort: 2_000 }, 'DIR')
  assert.throws(() => refuseOthers(plan, { brokers: 2 }, 'DIR'), /DIR was made with --brokers 1, not 2/)
  assert.throws(() => refuseOthers(plan, { controllers: 3 }, 'DIR'), /--controllers 0, not 3/)
  assert.throws(() => refuseOthers(plan, { httpPort: 2_001 }, 'DIR'), /--http-port 2000, not 2001/)
})
