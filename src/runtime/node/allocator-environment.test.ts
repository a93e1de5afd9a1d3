import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { allocatorEnvironment } from './allocator-environment.ts'

/**
 * Lets go of a large buffer, which raises glibc's threshold where that may move, then of 128 MiB in smaller ones with small
 * ones that stay between them; prints in MiB what of them is resident after that.
 */
const fragmenting = `
  const resident = () => process.memoryUsage.rss() / 1_048_576
  let buffers = [Buffer.allocUnsafeSlow(16 * 1_048_576).fill(1)]
  const letGo = async () => {
    buffers = []
    for (let turn = 0; turn < 4; turn++) {
      gc()
      await new Promise(setImmediate)
    }
  }
  await letGo()
  const before = resident()
  const kept = []
  for (let nth = 0; nth < 1_024; nth++) {
    buffers.push(Buffer.allocUnsafeSlow(128 * 1_024).fill(1))
    kept.push(Buffer.allocUnsafeSlow(4 * 1_024).fill(1))
  }
  await letGo()
  console.log(resident() - before)
`
const isGlibc = 'glibcVersionRuntime' in (process.report.getReport() as { header: object }).header

function keptMiB(env: NodeJS.ProcessEnv): number {
  const args = ['--expose-gc', '--input-type=module', '-e', fragmenting]
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8', env }))
}

test('what large buffers have taken goes back to the system, whatever lies between them', {
  skip: !isGlibc && 'the allocator is not that of glibc',
}, () => {
  const kept = keptMiB(allocatorEnvironment({}))
  // 42 with a threshold that stays, 137 with one that moves.
  assert.ok(kept < 90, `${kept} MiB`)
})

test('what the environment says already stays', () => {
  const said = { MALLOC_MMAP_THRESHOLD_: '1000000', HOME: '/home/someone' }
  assert.deepEqual(allocatorEnvironment(said), said)
})
