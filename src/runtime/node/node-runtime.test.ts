import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileHandleLimit, limitIn } from './file-handle-limit.ts'
import { nodeClock } from './node-clock.ts'
import { NodeMetrics } from './node-metrics.ts'
import { openNodeRuntime } from './node-runtime.ts'

const moduleAt = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)

/** Runs a program in a process of its own; resolves with its exit code and what it wrote to stderr. */
function run(program: string): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (data) => {
    stderr += data
  })
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr })))
}

for (const [what, statement] of [
  ['an invariant violation in a callback', `setImmediate(() => invariant(false, 'log end went back', { from: 3n }))`],
  ['a rejection that nobody handles', `Promise.reject(new Error('log end went back'))`],
] as const) {
  test(`${what} is logged with its facts and ends the process with code 70`, async () => {
    const { code, stderr } = await run(`
      const { openLogger } = await import(${moduleAt('./node-logger.js')})
      const { installCrashHandler } = await import(${moduleAt('./crash-handler.js')})
      const { invariant } = await import(${moduleAt('../invariant.js')})
      installCrashHandler({ logger: (await openLogger()).child({ broker: 1 }) })
      setInterval(() => {}, 1000)
      ${statement}`)
    assert.equal(code, 70)
    const line = JSON.parse(stderr)
    assert.equal(line.broker, 1)
    assert.match(line.error.message, /log end went back/)
    assert.match(line.error.stack, /at /)
  })
}

test('a pending timer does not keep the process alive, a cancelled one never fires, a very long one not at once', async () => {
  const { code, stderr } = await run(`
    const { nodeClock } = await import(${moduleAt('./node-clock.js')})
    nodeClock.setTimer(60_000, () => {})
    nodeClock.setTimer(1e12, () => console.error('too early'))
    const timer = nodeClock.setTimer(0, () => console.error('cancelled one fired'))
    timer.cancel()
    timer.cancel()
    nodeClock.defer(() => console.error('deferred'))`)
  assert.deepEqual({ code, stderr }, { code: 0, stderr: 'deferred\n' })
})

test('a timer never fires before its time has passed by the monotonic clock', async () => {
  const early: number[] = []
  for (let turn = 0; turn < 50; turn++) {
    const begunMs = nodeClock.monotonicMs()
    const fired = new Promise<void>((resolve) => void nodeClock.setTimer(2.5, resolve))
    // The timer itself keeps no process alive.
    const alive = setTimeout(() => {}, 60_000)
    await fired
    clearTimeout(alive)
    const passedMs = nodeClock.monotonicMs() - begunMs
    if (passedMs < 2.5) early.push(passedMs)
  }
  assert.deepEqual(early, [])
})

test('metrics are shown in Prometheus’ text format, with those of the process', async () => {
  const metrics = new NodeMetrics()
  const counter = metrics.counter({ name: 'trilog_done_total', help: 'Done.\nTwice.', labels: { api: 'a"b\\' } })
  counter.add()
  metrics.counter({ name: 'trilog_done_total', help: 'Done.', labels: { api: 'a"b\\' } }).add(2)
  metrics.gauge({ name: 'trilog_open', help: 'Open.' }).set(4)
  const histogram = metrics.histogram({ name: 'trilog_wait_seconds', help: 'Wait.', buckets: [0.1, 1] })
  for (const value of [0.1, 0.5, 7]) histogram.observe(value)
  metrics.observe({ name: 'trilog_size_bytes', help: 'Size.', kind: 'gauge' }, () => [
    { labels: { topic: 't' }, value: 12 },
  ])
  assert.throws(() => metrics.gauge({ name: 'trilog_done_total', help: '' }), /one metric name for two kinds/)
  const text = await metrics.text()
  for (const line of [
    '# HELP trilog_done_total Done.\\nTwice.',
    '# TYPE trilog_done_total counter',
    'trilog_done_total{api="a\\"b\\\\"} 3',
    'trilog_open 4',
    'trilog_wait_seconds_bucket{le="0.1"} 1',
    'trilog_wait_seconds_bucket{le="1"} 2',
    'trilog_wait_seconds_bucket{le="+Inf"} 3',
    'trilog_wait_seconds_sum 7.6',
    'trilog_wait_seconds_count 3',
    'trilog_size_bytes{topic="t"} 12',
  ]) {
    assert.ok(text.split('\n').includes(line), line)
  }
  assert.match(text, /^process_cpu_seconds_total \d/m)
  assert.match(text, /^nodejs_eventloop_lag_seconds /m)
  assert.equal(text.indexOf('\n\n# TYPE'), -1)
})

test('the limit of open files is read from what the system says', () => {
  assert.equal(limitIn('Limit   Soft Limit  Hard Limit\nMax open files            1024     524288   files\n'), 1024)
  assert.equal(limitIn('Max open files            unlimited     unlimited   files'), Number.POSITIVE_INFINITY)
  assert.equal(limitIn('garbage'), null)
  const here = fileHandleLimit()
  assert.ok(here === null || here > 0)
})

test('the machine’s runtime knows its boot, and its randomness stays in range', async () => {
  const { bootId, random, clock } = await openNodeRuntime({ log: { level: 'silent' } })
  assert.equal(bootId, (await openNodeRuntime({ log: { level: 'silent' } })).bootId)
  for (let count = 0; count < 1000; count++) {
    const float = random.float()
    assert.ok(float >= 0 && float < 1)
    assert.ok(random.integer(3) < 3)
  }
  assert.equal(random.integer(2 ** 31) >= 0, true)
  assert.equal(random.bytes(7).byteLength, 7)
  assert.ok(Number.isInteger(clock.nowMs()) && clock.monotonicMs() <= clock.monotonicMs())
})
