import assert from 'node:assert/strict'
import { test } from 'node:test'
import { feedTarget } from './campaign.ts'
import { findingText } from './finding.ts'
import { planted } from './planted/all.ts'
import { runHostile, shares } from './run-hostile.ts'
import { targets } from './targets/all.ts'

for (const { target, about, finds } of planted) {
  test(`it is found that ${about}`, async () => {
    const { finding } = await feedTarget(target.name, { seed: 1, inputs: 2_000, hangMs: 6_000 })
    assert.equal(finding?.kind, finds, finding?.what)
    assert.match(findingText(finding), /again: npm run hostile -- --target planted-\w+ --inputs 100 --seed \d+/)
  })
}

for (const { name } of targets) {
  test(`some hostile inputs of every run harm nothing: ${name}`, async () => {
    const { finding, inputs } = await feedTarget(name, { seed: 1, inputs: 300 })
    assert.equal(finding, null, finding === null ? '' : findingText(finding))
    assert.equal(inputs, 300)
  })
}

test('each target is seen to find a mistake', () => {
  const without = targets.filter(({ name }) => !planted.some(({ of }) => of === name))
  assert.deepEqual(
    without.map(({ name }) => name),
    [],
  )
})

test('inputs are dealt out by share, none of them left over', () => {
  const dealt = shares(100_000)
  assert.deepEqual(
    dealt.map(([name]) => name),
    targets.map(({ name }) => name),
  )
  assert.ok(dealt.reduce((sum, [, inputs]) => sum + inputs, 0) >= 100_000)
})

test('what cannot be meant is wrong usage', async () => {
  for (const args of [['--inputs', 'many'], ['--target', 'nothing'], ['--seed', '-1'], ['--what']]) {
    assert.equal(await runHostile(args), 2)
  }
})
