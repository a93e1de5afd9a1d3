import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

/**
 * Keeps 40 MiB of objects and lets go of 8 MiB at a time, which live just too long to die young, with a look at the heap after
 * each; prints the heap at its largest in MiB.
 */
const busy = `
  const heldMiB = 40, roundMiB = 8, rounds = 60
  const mib = () => Array.from({ length: 16_384 }, (_, nth) => ({ nth, next: nth + 1, last: nth - 1, text: null, one: 1 }))
  const held = Array.from({ length: heldMiB }, mib)
  let most = 0
  for (let round = 0; round < rounds; round++) {
    const kept = Array.from({ length: roundMiB }, mib)
    held[round % heldMiB] = kept[0]
    most = Math.max(most, process.memoryUsage().heapUsed)
    look()
    await new Promise(setImmediate)
  }
  console.log(most / 1_048_576)
`

function largestMiB(look: string): number {
  const program = `${look}\n${busy}`
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }))
}

test('a heap whose growth is limited is collected long before it is four times as large as what is in use', () => {
  const here = new URL('heap-growth.js', import.meta.url)
  const limited = largestMiB(`import { fitHeapGrowth as look } from ${JSON.stringify(here.href)}`)
  // 121 with the limit, 251 without.
  assert.ok(limited < 170, `${limited} MiB`)
})
