/** Carries one attack out, apart from who measures: neither may hold up the other. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Ground } from './attack.ts'
import { attacks } from './attacks/all.ts'
import { Crowd } from './crowd.ts'

export interface AttackWork {
  readonly name: string
  readonly ground: Ground
}

const { name, ground } = workerData as AttackWork
const attack = attacks.find((each) => each.name === name)
if (attack === undefined) throw new Error(`no attack ${name}`)
const crowd = new Crowd(ground, { size: attack.connections, openedMax: attack.connections * 3 })
attack.begin(crowd, ground)

// Told to end: what it has done is the answer.
parentPort?.once('message', () => {
  const { counts } = crowd
  crowd.end()
  parentPort?.postMessage(counts)
  parentPort?.close()
})
