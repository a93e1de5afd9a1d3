import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { documentedTransitions } from './documented-transitions.ts'
import { action, World } from './group-world-fixture.ts'

const documented = new Set(documentedTransitions().lines())

test('whatever members do: one owner per assignment, reads show the committed, nobody waits for ever, and groups take documented steps only', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 10, maxLength: 120, size: 'max' }), (actions) => {
      const world = new World()
      for (const step of actions) {
        world.act(step)
        world.listen()
        world.check()
      }
      world.fallSilent()
      const unknown = world.transitions.lines().filter((line) => !documented.has(line))
      assert.deepEqual(unknown, [], 'transitions that docs/consumer-groups.md does not list')
    }),
    { numRuns: 400, includeErrorInReport: true },
  )
})
