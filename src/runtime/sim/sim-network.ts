import type { Connection, Listener, Network } from '../network.ts'
import { SimConnection } from './sim-connection.ts'
import type { SimLife } from './sim-life.ts'
import { type LinkCourse, SimPipe } from './sim-pipe.ts'
import type { SimRandom } from './sim-random.ts'
import type { SimWorld } from './sim-world.ts'

interface Listening {
  readonly life: SimLife
  readonly host: string
  readonly accept: (connection: Connection) => void
}

interface Open {
  readonly connection: SimConnection
  readonly life: SimLife
  readonly node: string
  readonly peerNode: string
  readonly peer: () => Open
  readonly out: SimPipe
}

const loopback = new Set(['localhost', '127.0.0.1', '::1'])
/** How long a connect without a limit of its own tries, in virtual ms. */
const connectTimeoutMs = 75_000

/**
 * The network between the nodes of a world. Hosts are node names; `localhost` and its addresses mean the node itself,
 * and who listens there is not reached from others. Links are one-way: block, slow and heal them by (from, to).
 */
export class SimNetwork {
  readonly random: SimRandom
  readonly #world: SimWorld
  readonly #links = new Map<string, LinkCourse>()
  readonly #listening = new Map<string, Listening>()
  readonly #open = new Set<Open>()
  readonly #machinesOff = new Set<string>()

  constructor(world: SimWorld) {
    this.#world = world
    this.random = world.random.fork('network')
  }

  /** The network as one incarnation of a node sees it. */
  of(life: SimLife, node: string): Network {
    return {
      listen: (at, accept) => this.#listen(life, node, at, accept),
      connect: (to, options) => this.#connect(life, node, to, options?.timeoutMs ?? connectTimeoutMs),
    }
  }

  /** How the link behaves; its fields may be set. */
  link(from: string, to: string): LinkCourse {
    let link = this.#links.get(`${from}>${to}`)
    if (link === undefined) {
      const base = from === to ? 0.01 : this.random.between(0.05, 0.5)
      link = { blocked: false, latencyMs: [base, base * this.random.pick([1.5, 3, 10])], bytesPerMs: 1e6 }
      this.#links.set(`${from}>${to}`, link)
    }
    return link
  }

  /** Nothing gets from one to the other any more; the way back stays open. */
  block(from: string, to: string): void {
    this.#world.trace(`block ${from} > ${to}`)
    this.link(from, to).blocked = true
    this.#world.schedule(this.random.between(30_000, 120_000), () => this.#giveUp(from, to))
  }

  unblock(from: string, to: string): void {
    this.#world.trace(`unblock ${from} > ${to}`)
    this.link(from, to).blocked = false
    for (const open of this.#open) if (open.node === from && open.peerNode === to) open.out.healed()
  }

  /** Opens every link again. Latencies stay as they are. */
  heal(): void {
    for (const [name, { blocked }] of this.#links) {
      const [from, to] = name.split('>') as [string, string]
      if (blocked) this.unblock(from, to)
    }
  }

  /** Resets every connection between two nodes; both ends get ECONNRESET. */
  resetBetween(one: string, other: string): void {
    this.#world.trace(`reset ${one} - ${other}`)
    for (const { connection, node, peerNode } of [...this.#open]) {
      if ((node === one && peerNode === other) || (node === other && peerNode === one)) connection.reset('ECONNRESET')
    }
  }

  /** Called by the node: the system closes what the dead process had open. */
  processDied(node: string): void {
    for (const open of this.#leave(node)) open.connection.abandon()
  }

  /** Called by the node: it goes silent. Some of its peers learn at once, the others when it is back. */
  machineDied(node: string): void {
    this.#machinesOff.add(node)
    for (const open of this.#leave(node)) {
      const peer = open.peer()
      const resetPeer = () => this.#open.has(peer) && peer.connection.reset('ECONNRESET')
      if (this.random.chance(0.5)) this.#world.schedule(this.random.between(0, 10), resetPeer)
      else this.#world.schedule(this.random.between(100, 20_000), resetPeer)
    }
  }

  machineBack(node: string): void {
    this.#machinesOff.delete(node)
  }

  #leave(node: string): Open[] {
    for (const [key, { life }] of this.#listening) if (!life.alive) this.#listening.delete(key)
    const left = [...this.#open].filter((open) => open.node === node)
    for (const open of left) this.#open.delete(open)
    return left
  }

  #giveUp(from: string, to: string): void {
    if (!this.link(from, to).blocked) return
    for (const { connection, node, peerNode, out } of [...this.#open]) {
      if (node === from && peerNode === to && out.stuck) connection.reset('ETIMEDOUT')
    }
  }

  #listen(
    life: SimLife,
    node: string,
    at: { host: string; port: number },
    accept: (connection: Connection) => void,
  ): Promise<Listener> {
    return life.promise((resolve, reject) => {
      let port = at.port
      while (port === 0 || (at.port === 0 && this.#listening.has(`${node}:${port}`))) {
        port = 32_768 + this.random.integer(28_000)
      }
      const key = `${node}:${port}`
      life.schedule(0.01, () => {
        if (this.#listening.has(key)) return reject(networkError('EADDRINUSE', 'listen', at.host, port))
        const listening = { life, host: at.host, accept }
        this.#listening.set(key, listening)
        const close = async () => {
          if (life.alive && this.#listening.get(key) === listening) this.#listening.delete(key)
        }
        resolve({ port, close })
      })
    })
  }

  #connect(life: SimLife, from: string, to: { host: string; port: number }, timeoutMs: number): Promise<Connection> {
    const target = loopback.has(to.host) ? from : to.host
    return life.promise((resolve, reject) => {
      let settled = false
      const fail = (code: string) => {
        if (settled) return
        settled = true
        reject(networkError(code, 'connect', to.host, to.port))
      }
      if (this.#world.findNode(target) === undefined) return void life.schedule(1, () => fail('ENOTFOUND'))
      life.schedule(timeoutMs, () => fail('ETIMEDOUT'))
      const attempt = () => {
        if (settled || !life.alive) return
        const unreachable = this.#machinesOff.has(target) || this.link(from, target).blocked
        if (unreachable || this.link(target, from).blocked) return void this.#world.schedule(1000, attempt)
        const listening = this.#listening.get(`${target}:${to.port}`)
        const reachable = listening?.life.alive && (target === from || !loopback.has(listening.host))
        if (!reachable) return void life.schedule(this.#latencyMs(target, from), () => fail('ECONNREFUSED'))
        const near = this.#pair({ life, node: from }, { life: listening.life, node: target, port: to.port }, listening)
        life.schedule(this.#latencyMs(target, from), () => {
          if (settled) return near.destroy()
          settled = true
          resolve(near)
        })
      }
      this.#world.schedule(this.#latencyMs(from, target), attempt)
    })
  }

  /** Makes both ends of a connection, and hands the far one to who listens. */
  #pair(
    from: { life: SimLife; node: string },
    to: { life: SimLife; node: string; port: number },
    listening: Listening,
  ): SimConnection {
    const local = { host: from.node, port: 32_768 + this.random.integer(28_000) }
    const remote = { host: to.node, port: to.port }
    const near = new SimConnection(from.life, { local, remote }, () => this.#open.delete(nearOpen))
    const far = new SimConnection(to.life, { local: remote, remote: local }, () => this.#open.delete(farOpen))
    const there = this.#pipe(from.node, to.node, far)
    const back = this.#pipe(to.node, from.node, near)
    near.plug(there, back, () => far.windowOpened())
    far.plug(back, there, () => near.windowOpened())
    const nearOpen: Open = {
      connection: near,
      life: from.life,
      node: from.node,
      peerNode: to.node,
      peer: () => farOpen,
      out: there,
    }
    const farOpen: Open = {
      connection: far,
      life: to.life,
      node: to.node,
      peerNode: from.node,
      peer: () => nearOpen,
      out: back,
    }
    this.#open.add(nearOpen).add(farOpen)
    to.life.whenAwake(() => listening.accept(far))
    return near
  }

  #pipe(from: string, to: string, end: SimConnection): SimPipe {
    return new SimPipe(this.#world, this.random, this.link(from, to), (segment) => end.arrived(segment))
  }

  #latencyMs(from: string, to: string): number {
    return this.random.between(...this.link(from, to).latencyMs)
  }
}

function networkError(code: string, syscall: string, host: string, port: number): Error {
  return Object.assign(new Error(`${syscall} ${code} ${host}:${port}`), { code, syscall })
}
