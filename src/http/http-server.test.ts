import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { folderWithReceipts } from '../receipt/receipts-fixture.ts'
import type { Health } from './health.ts'
import { HttpListenFault, type HttpServer, startHttp } from './http-server.ts'

describe('the HTTP port', () => {
  let server: HttpServer
  let health: Health = { status: 'ok', reasons: [] }
  let metricsText: () => Promise<string> = async () => 'trilog_up 1\n'
  const host = '127.0.0.1'

  before(async () => {
    server = await startHttp({ host, port: 0, metricsText: () => metricsText(), health: () => health })
  })
  after(() => server.close())

  const get = (path: string, init: RequestInit = {}) => fetch(`http://${host}:${server.port}${path}`, init)

  test('the first requests wait together for what answers them', async () => {
    const answers = await Promise.all(['/health/live', '/metrics', '/nothing'].map((path) => get(path)))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 404],
    )
    await Promise.all(answers.map((answer) => answer.text()))
  })

  test('metrics come as Prometheus reads them', async () => {
    const response = await get('/metrics')
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
    assert.equal(await response.text(), 'trilog_up 1\n')
  })

  test('a broker that starts is live and not ready, with the reason', async () => {
    health = { status: 'starting', reasons: ['3 of 7 logs are recovered'] }
    const response = await get('/health')
    assert.equal(response.status, 503)
    assert.deepEqual(await response.json(), {
      status: 'starting',
      live: true,
      ready: false,
      reasons: ['3 of 7 logs are recovered'],
    })
    assert.deepEqual([(await get('/health/live')).status, (await get('/health/ready')).status], [200, 503])
  })

  test('a degraded broker is ready, and says what is wrong', async () => {
    health = { status: 'degraded', reasons: ['the log of flights-0 is offline'] }
    const response = await get('/health')
    assert.deepEqual([response.status, ((await response.json()) as Health).reasons], [200, health.reasons])
  })

  test('a failure inside is answered with 500 and does not tell what it was', async () => {
    metricsText = async () => {
      throw new Error('a secret path')
    }
    const response = await get('/metrics')
    assert.equal(response.status, 500)
    assert.doesNotMatch(await response.text(), /secret/)
    metricsText = async () => 'trilog_up 1\n'
    assert.equal((await get('/metrics')).status, 200)
  })

  test('an unknown path names the known ones', async () => {
    const response = await get('/metricz')
    assert.equal(response.status, 404)
    assert.match(await response.text(), /\/metrics/)
  })

  test('a body and garbage are refused, and the next request is served', async () => {
    assert.equal((await get('/metrics', { method: 'POST', body: 'x'.repeat(2000) })).status >= 400, true)
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(server.port, host, () => socket.write('\u0016\u0003\u0001 no http\r\n\r\n'))
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.on('close', () => resolve(text))
      socket.on('error', reject)
    })
    assert.match(answer, /^HTTP\/1\.1 400 /)
    assert.equal((await get('/health/live')).status, 200)
  })

  test('a port that is taken is said in a sentence', async () => {
    const second = startHttp({ host, port: server.port, metricsText, health: () => health })
    await assert.rejects(second, (error) => {
      assert.ok(error instanceof HttpListenFault)
      assert.equal(error.code, 'EADDRINUSE')
      assert.match(error.message, /something else listens there/)
      return true
    })
  })

  test('closing ends connections that are kept alive', async () => {
    const own = await startHttp({ host, port: 0, metricsText, health: () => health })
    await (await fetch(`http://${host}:${own.port}/health/live`)).text()
    await own.close()
    await assert.rejects(fetch(`http://${host}:${own.port}/health/live`))
  })
})

test('receipts are told with their version, and the batches that are kept with one', async () => {
  const { cuts, files } = await folderWithReceipts()
  const [receipt, bounds] = cuts.receipts.list()
  const kept = files.get(receipt?.cut?.kept?.file ?? '') ?? assert.fail()
  const receipts = {
    ...cuts.served(),
    read: async function* read() {
      yield kept
    },
  }
  const health = () => ({ status: 'ok', reasons: [] }) as const
  const server = await startHttp({ host: '127.0.0.1', port: 0, metricsText: async () => '', health, receipts })
  const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`)
  try {
    const told = await (await get('/receipts')).json()
    assert.deepEqual(told, { version: 1, replica: cuts.replica, receipts: cuts.receipts.list() })
    assert.deepEqual(await (await get(`/receipts/${receipt?.id}`)).json(), { version: 1, receipt })
    const batches = await get(`/receipts/${receipt?.id}/batches`)
    assert.deepEqual(Buffer.from(await batches.arrayBuffer()), kept)
    assert.equal((await get('/receipts/none')).status, 404)
    assert.equal((await get(`/receipts/${bounds?.id}/batches`)).status, 404)
  } finally {
    await server.close()
  }
})
