import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { type HeavyClient, HeavyTurns } from './heavy-turns.ts'
import { RequestCost } from './request-cost.ts'

const world = new SimWorld(1)
const { clock } = world.node('broker').runtime

class Client implements HeavyClient {
  readonly cost = new RequestCost()
  readonly #name: string
  readonly #turns: HeavyTurns
  readonly #order: string[]
  #requests: number
  readonly #eachMs: number

  constructor(name: string, to: { turns: HeavyTurns; order: string[]; requests: number; eachMs: number }) {
    this.#name = name
    this.#turns = to.turns
    this.#order = to.order
    this.#requests = to.requests
    this.#eachMs = to.eachMs
  }

  begin(): void {
    this.#turns.wait(this, this.#eachMs)
  }

  takeTurn(): void {
    this.#order.push(this.#name)
    this.cost.took(this.#eachMs, true)
    if (--this.#requests > 0) this.begin()
  }
}

test('heavy requests take turns, and who asks for less goes first', async () => {
  const turns = new HeavyTurns(clock)
  const order: string[] = []
  const greedy = ['a', 'b', 'c'].map((name) => new Client(name, { turns, order, requests: 3, eachMs: 50 }))
  for (const client of greedy) client.begin()
  new Client('modest', { turns, order, requests: 2, eachMs: 5 }).begin()
  await world.run({ untilMs: world.nowMs + 10 })
  assert.deepEqual(order, ['modest', 'modest', 'a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c'])
})

test('one that comes late is not behind those that have had much', async () => {
  const turns = new HeavyTurns(clock)
  const order: string[] = []
  const late = new Client('late', { turns, order, requests: 1, eachMs: 20 })
  const greedy = new Client('greedy', { turns, order, requests: 6, eachMs: 20 })
  const watch = (): void => {
    if (order.length < 3) clock.defer(watch)
    else late.begin()
  }
  greedy.begin()
  clock.defer(watch)
  await world.run({ untilMs: world.nowMs + 10 })
  assert.ok(order.indexOf('late') <= 4, order.join(' '))
})

test('a heavy request waits while others bring something, but not for ever', async () => {
  const turns = new HeavyTurns(clock)
  const order: string[] = []
  let arrivals = 0
  const arrive = (): void => {
    turns.arrived()
    if (++arrivals < 1_000) clock.defer(arrive)
  }
  arrive()
  new Client('heavy', { turns, order, requests: 1, eachMs: 20 }).begin()
  const seen: number[] = []
  const look = (): void => {
    if (order.length === 0) clock.defer(look)
    else seen.push(arrivals)
  }
  look()
  await world.run({ untilMs: world.nowMs + 10 })
  assert.ok((seen[0] ?? 0) >= 60 && (seen[0] ?? 0) <= 70, `${seen[0]} arrivals before it`)
})

test('who has gone has no turn', async () => {
  const turns = new HeavyTurns(clock)
  const order: string[] = []
  const gone = new Client('gone', { turns, order, requests: 1, eachMs: 20 })
  gone.begin()
  turns.forget(gone)
  await world.run({ untilMs: world.nowMs + 10 })
  assert.deepEqual(order, [])
})

test('a request is expected to be heavy after two such, or if it is long, and sooner where there is much to do', () => {
  const cost = new RequestCost()
  assert.equal(cost.expectedMs(100, false), 0)
  assert.ok(cost.expectedMs(100_000, false) > 0)
  cost.took(20, false)
  assert.equal(cost.expectedMs(100, false), 0)
  cost.took(1, false)
  assert.equal(cost.expectedMs(100, false), 0)
  assert.equal(cost.expectedMs(100, true), 1)
  cost.took(20, false)
  cost.took(15, false)
  assert.equal(cost.expectedMs(100, false), 15)
})
