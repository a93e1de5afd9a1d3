import type { Scheme } from '../../replication/schemes.ts'
import { SimWorld } from '../../runtime/sim/sim-world.ts'
import { ClusterImage } from '../image.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from '../records.ts'
import type { CreateTopicsAnswer, NewTopic } from './create-topics.ts'
import { type AnswerOf, type Operation, operations, type RequestTo } from './operations.ts'

export const directoryId = 'AAAAAAAAAAAAAAAAAAAAZA'

/** A controller: decisions on an image, whose records go through their bytes and are replayed. */
export class Controller {
  readonly image = new ClusterImage('cluster')
  readonly #random = new SimWorld(3).random
  minInSyncReplicas = 1
  elect: Scheme['elect'] = 'coordinator'
  readonly rulesOf = () => ({ elect: this.elect, minInSyncReplicas: this.minInSyncReplicas })
  #offset = 0

  constructor(...brokers: number[]) {
    for (const brokerId of brokers) this.register(brokerId)
  }

  register(brokerId: number, directory = directoryId): void {
    const facts = { directoryId: directory, incarnation: directoryId, host: 'here', port: 9092, rack: null, peer: null }
    this.ask('registerBroker', { brokerId, ...facts })
    this.ask('unfenceBroker', { brokerId, incarnation: directoryId, suspects: [] })
  }

  ask<O extends Operation>(operation: O, request: RequestTo<O>): AnswerOf<O> {
    const decide = operations[operation] as (
      context: object,
      asked: RequestTo<O>,
    ) => { records: never[]; answer: AnswerOf<O> }
    const { records, answer } = decide({ image: this.image, random: this.#random, rulesOf: this.rulesOf }, request)
    for (const record of records) this.image.replay(decodeMetadataRecord(encodeMetadataRecord(record)), this.#offset++)
    return answer
  }

  create(topic: Partial<NewTopic>, validateOnly = false): string {
    return this.outcomeOf(topic, validateOnly)?.code ?? ''
  }

  outcomeOf(topic: Partial<NewTopic>, validateOnly = false): CreateTopicsAnswer[number]['outcome'] | undefined {
    const whole = { name: 'words', partitions: 2, replicationFactor: 1, assignment: null, configs: new Map(), ...topic }
    const defaults = { partitions: 4, replicationFactor: 2, scheme: 'isr' as const }
    return this.ask('createTopics', { topics: [whole], validateOnly, defaults })[0]?.outcome
  }

  partitions(name = 'words') {
    return this.image.topics.get(name)?.partitions ?? []
  }
}
