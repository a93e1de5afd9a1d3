import { check } from '../../src/client/kafka-error.ts'
import type { Api, RequestInputOf, ResponseOf } from '../../src/codec/api.ts'
import { metadata } from '../../src/kafka/schema/metadata.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { type Caller, type ClusterCaller, findCoordinatorBy, KafkaLink } from '../kafka-link.ts'

/** How long a client goes by what it was told of leaders and coordinators, in virtual ms. */
const believedMs = 100
const leaderNotAvailable = 5

/** A client of several brokers: asks any of them who leads, believes it for a while, and goes there. */
export class ClusterLink implements ClusterCaller {
  readonly #runtime: Runtime
  /** By broker id. */
  readonly #links: ReadonlyMap<number, KafkaLink>
  readonly #known = new Map<string, { readonly broker: number; readonly atMs: number }>()
  readonly rack: string
  readonly #near = new Map<string, number>()
  readonly #sentNear: () => void

  constructor(
    runtime: Runtime,
    addresses: ReadonlyMap<number, { host: string; port: number }>,
    { rack = '', sentNear = () => {} }: { rack?: string; sentNear?: () => void } = {},
  ) {
    this.#runtime = runtime
    this.rack = rack
    this.#sentNear = sentNear
    this.#links = new Map([...addresses].map(([id, address]) => [id, new KafkaLink(runtime, address)]))
  }

  call<A extends Api>(api: A, body: RequestInputOf<A>, versionMax?: number): Promise<ResponseOf<A>> {
    return this.#any().call(api, body, versionMax)
  }

  tell<A extends Api>(api: A, body: RequestInputOf<A>, versionMax: number): Promise<void> {
    return this.#any().tell(api, body, versionMax)
  }

  close(): void {
    for (const link of this.#links.values()) link.close()
  }

  leader(topic: string, partition: number): Promise<Caller> {
    return this.#believed(`${topic}/${partition}`, async () => {
      const answer = await this.call(metadata, { topics: [{ name: topic }], allowAutoTopicCreation: false })
      const found = answer.topics[0]
      check(found?.errorCode ?? -1, `asking who leads ${topic}/${partition}`)
      return found?.partitions.find(({ partitionIndex }) => partitionIndex === partition)?.leaderId ?? -1
    })
  }

  coordinator(group: string): Promise<Caller> {
    return this.#believed(`group ${group}`, () => findCoordinatorBy(this, group))
  }

  async reader(topic: string, partition: number): Promise<Caller> {
    const near = this.#links.get(this.#near.get(`${topic}/${partition}`) ?? -1)
    return near ?? (await this.leader(topic, partition))
  }

  readAt(topic: string, partition: number, broker: number | null): void {
    if (broker === null) return void this.#near.delete(`${topic}/${partition}`)
    this.#near.set(`${topic}/${partition}`, broker)
    this.#sentNear()
  }

  async #believed(what: string, ask: () => Promise<number>): Promise<Caller> {
    const known = this.#known.get(what)
    const { clock } = this.#runtime
    let broker = known?.broker ?? -1
    if (known === undefined || clock.monotonicMs() - known.atMs >= believedMs) {
      broker = await ask()
      this.#known.set(what, { broker, atMs: clock.monotonicMs() })
    }
    const link = this.#links.get(broker)
    if (link === undefined) check(leaderNotAvailable, `going to ${what}`)
    return link as KafkaLink
  }

  #any(): KafkaLink {
    const links = [...this.#links.values()]
    return links[Math.floor(this.#runtime.random.float() * links.length)] as KafkaLink
  }
}
