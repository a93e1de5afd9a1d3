import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Replica } from '../replica/replica.ts'
import { inTurn, someWait } from './append-turns.ts'

test('appends that wait for something are placed in the order of the calls, and another replica waits for none', async () => {
  const one = {} as Replica
  const other = {} as Replica
  const placed: string[] = []
  let ready = (): void => {}
  const loading = new Promise<void>((resolve) => {
    ready = resolve
  })
  const place = (name: string) => () => placed.push(name)
  const answers = [
    inTurn(one, loading, place('first')),
    inTurn(one, Promise.resolve(), place('second')),
    inTurn(one, Promise.resolve(), () => {
      throw new Error('not placed')
    }),
    inTurn(one, Promise.resolve(), place('last')),
  ]
  assert.deepEqual([someWait(one), someWait(other)], [true, false])
  await inTurn(other, Promise.resolve(), place('other'))
  assert.deepEqual(placed, ['other'])
  ready()
  const settled = await Promise.allSettled(answers)
  assert.deepEqual(placed, ['other', 'first', 'second', 'last'])
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  )
  assert.equal(someWait(one), false)
})

test('what is placed may take long to be safe, and holds nobody up', async () => {
  const replica = {} as Replica
  const never = inTurn(replica, Promise.resolve(), () => new Promise<string>(() => {}))
  assert.equal(await inTurn(replica, Promise.resolve(), () => 'placed'), 'placed')
  assert.equal(someWait(replica), false)
  void never
})
