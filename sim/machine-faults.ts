import type { SimRandom } from '../src/runtime/sim/sim-random.ts'
import type { SimWorld } from '../src/runtime/sim/sim-world.ts'

/** A fault between machines, or of one's disk, that goes by itself. Machines are numbered from 1; 0: whoever leads then. */
export type MachineFault =
  /** Nothing goes from any of `from` to any of `to`; the other way only if `bothWays`. */
  | { do: 'cut-off'; from: readonly number[]; to: readonly number[]; bothWays: boolean; forMs: number }
  | { do: 'reset'; one: number; other: number }
  | { do: 'slow-disk'; node: number; times: number; forMs: number }
  /** There is room for so many bytes only. */
  | { do: 'disk-full'; node: number; room: number; forMs: number }
  /** Its process stands still. */
  | { do: 'pause'; node: number; forMs: number }
  | { do: 'slow-link'; from: number; to: number; latencyMs: number; forMs: number }

export function machineFaultOf(random: SimRandom, what: MachineFault['do'], nodes: number): MachineFault {
  const node = 1 + random.integer(nodes)
  const other = 1 + ((node + random.integer(nodes - 1)) % nodes)
  switch (what) {
    case 'cut-off':
      return cutOffOf(random, nodes, node)
    case 'reset':
      return { do: 'reset', one: node, other }
    case 'slow-disk':
      return { do: 'slow-disk', node, times: random.pick([5, 50]), forMs: random.between(10, 1000) }
    case 'disk-full': {
      const room = random.integer(random.pick([1, 500, 20_000]))
      return {
        do: what,
        node: random.chance(0.5) ? 0 : node,
        room,
        forMs: random.between(100, random.pick([1000, 5000])),
      }
    }
    case 'pause':
      return { do: 'pause', node: random.chance(0.5) ? 0 : node, forMs: random.between(50, random.pick([500, 4000])) }
    case 'slow-link':
      return { do: 'slow-link', from: node, to: other, latencyMs: random.pick([20, 150, 400]), forMs: 1000 }
    default:
      return what satisfies never
  }
}

/** The leader (0) or another machine alone, random halves, or one link. */
function cutOffOf(random: SimRandom, nodes: number, node: number): MachineFault {
  const all = Array.from({ length: nodes }, (_, at) => at + 1)
  const from = random.chance(0.3) ? [0] : random.chance(0.5) ? [node] : all.filter(() => random.chance(0.5))
  const others = all.filter((each) => !from.includes(each))
  const to = random.chance(0.2) ? others.slice(0, 1) : others
  return { do: 'cut-off', from, to, bothWays: random.chance(0.6), forMs: random.between(100, random.pick([600, 3000])) }
}

/** Brings faults of that kind about in a world whose machines are called `node-1`, `node-2`, … */
export class MachineFaults {
  readonly #world: SimWorld
  readonly #usualLatencyMs = new Map<object, readonly [number, number]>()

  constructor(world: SimWorld) {
    this.#world = world
  }

  /** `leader`: the number of the machine that 0 means now. */
  act(fault: MachineFault, leader: () => number): void {
    const world = this.#world
    switch (fault.do) {
      case 'cut-off':
        return this.#cutOff(fault, leader)
      case 'reset':
        world.mark('connection reset')
        return world.network.resetBetween(machineName(fault.one), machineName(fault.other))
      case 'slow-disk': {
        const { disk } = world.node(machineName(fault.node || leader()))
        world.mark('slow disk')
        disk.slowness = fault.times
        return void world.schedule(fault.forMs, () => void (disk.slowness = 1))
      }
      case 'disk-full': {
        const { disk } = world.node(machineName(fault.node || leader()))
        disk.capacityBytes = disk.usedBytes() + fault.room
        return void world.schedule(fault.forMs, () => void (disk.capacityBytes = Number.POSITIVE_INFINITY))
      }
      case 'pause':
        world.mark('pause')
        return world.node(machineName(fault.node || leader())).pause(fault.forMs)
      case 'slow-link': {
        const link = world.network.link(machineName(fault.from), machineName(fault.to))
        const usual = this.#usualLatencyMs.get(link) ?? link.latencyMs
        this.#usualLatencyMs.set(link, usual)
        link.latencyMs = [fault.latencyMs, fault.latencyMs]
        return void world.schedule(fault.forMs, () => void (link.latencyMs = usual))
      }
      default:
        return fault satisfies never
    }
  }

  #cutOff({ from, to, bothWays, forMs }: MachineFault & { do: 'cut-off' }, leader: () => number): void {
    const { network } = this.#world
    this.#world.mark(bothWays ? 'partition' : 'one-way partition')
    const left = new Set(from.map((node) => node || leader()))
    const right = to.filter((node) => !left.has(node))
    const links = [...left].flatMap((one) => right.map((other) => [machineName(one), machineName(other)] as const))
    const cut = bothWays ? links.flatMap(([one, other]) => [[one, other] as const, [other, one] as const]) : links
    for (const [one, other] of cut) network.block(one, other)
    this.#world.schedule(forMs, () => {
      for (const [one, other] of cut) network.unblock(one, other)
    })
  }
}

export const machineName = (node: number): string => `node-${node}`
