import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Connection } from '../runtime/network.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { Arrivals, type ConnectionLimits } from './arrivals.ts'

const world = new SimWorld(1)
const { clock } = world.node('broker').runtime
const boundless: ConnectionLimits = { most: 1e9, perAddress: 1e9, overrides: new Map(), perSecond: 1e9 }

class Door {
  readonly open: Connection[] = []
  readonly turnedAway: string[] = []
  limits: ConnectionLimits
  readonly arrivals: Arrivals

  constructor(limits: Partial<ConnectionLimits>) {
    this.limits = { ...boundless, ...limits }
    this.arrivals = new Arrivals({
      clock,
      limits: () => this.limits,
      open: (connection) => void this.open.push(connection),
      turnAway: (connection, why) => void this.turnedAway.push(`${connection.remote.host} ${why}`),
    })
  }

  come(host: string, count = 1): void {
    for (let nth = 0; nth < count; nth++) {
      this.arrivals.arrived({ remote: { host, port: nth }, destroy() {} } as Connection)
    }
  }

  closeFirst(): void {
    this.arrivals.closed(this.open.shift() as Connection)
  }

  get hosts(): string[] {
    return this.open.map(({ remote }) => remote.host)
  }
}

const pass = (ms: number) => world.run({ untilMs: world.nowMs + ms })

describe('connections that arrive', () => {
  test('beyond the most wait in their order until others are closed', () => {
    const door = new Door({ most: 2 })
    for (const host of ['a', 'b', 'c', 'd']) door.come(host)
    assert.deepEqual([door.hosts, door.arrivals.waiting], [['a', 'b'], 2])
    door.closeFirst()
    assert.deepEqual([door.hosts, door.arrivals.waiting], [['b', 'c'], 1])
    assert.deepEqual(door.turnedAway, [])
  })

  test('are let in when there may be more, and are too many when there may be fewer', async () => {
    const door = new Door({ most: 1 })
    door.come('a', 3)
    door.limits = { ...door.limits, most: 3 }
    await pass(1_100)
    assert.equal(door.open.length, 3)
    door.limits = { ...door.limits, most: 1 }
    assert.equal(door.arrivals.excess, 2)
  })

  test('do not wait without end: beyond the length of the queue they are closed', () => {
    const door = new Door({ most: 0 })
    door.come('a', 1_025)
    assert.deepEqual(door.turnedAway, ['a waiting'])
    door.arrivals.stop()
    assert.equal(door.arrivals.waiting, 0)
  })

  test('one too many of an address are closed at once, those that wait included; each address has its own bound', () => {
    const door = new Door({ most: 3, perAddress: 2, overrides: new Map([['b', 4]]) })
    door.come('a', 3)
    door.come('b', 5)
    assert.deepEqual(door.turnedAway, ['a address', 'b address'])
    assert.deepEqual([door.hosts, door.arrivals.waiting], [['a', 'a', 'b'], 3])
    door.closeFirst()
    door.come('::ffff:10.0.0.1', 2)
    door.come('10.0.0.1')
    door.come('a')
    assert.deepEqual(door.turnedAway.slice(2), ['10.0.0.1 address'])
  })

  test('faster than they may are let in later, but for those of ten seconds', async () => {
    const door = new Door({ perSecond: 2 })
    door.come('a', 30)
    assert.equal(door.open.length, 20)
    await pass(2_010)
    assert.equal(door.open.length, 24)
    await pass(10_000)
    assert.deepEqual([door.open.length, door.arrivals.waiting], [30, 0])
  })

  test('of which none may be let in wait, and go on when that changes', async () => {
    const door = new Door({ perSecond: 0 })
    door.come('a')
    await pass(5_000)
    assert.equal(door.open.length, 0)
    door.limits = boundless
    await pass(1_100)
    assert.equal(door.open.length, 1)
  })
})
