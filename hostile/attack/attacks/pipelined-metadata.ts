import type { Attack } from '../attack.ts'
import { answersBoundMiB, noBoundOnAnswers } from '../bounds.ts'
import { askForAllTopics } from '../requests.ts'

const pipelined = 400

/** Forty bytes each make an answer of more than a hundred thousand. */
export const pipelinedMetadata: Attack = {
  name: 'pipelined-metadata',
  about: 'ask for all topics hundreds of times at once, and read nothing',
  connections: 100,
  boundMiB: answersBoundMiB,
  unbounded: { settings: noBoundOnAnswers, plant: new URL('../plants/no-turns.js', import.meta.url) },
  begin: (crowd) => {
    const requests = Buffer.concat(Array.from({ length: pipelined }, askForAllTopics))
    crowd.start((socket) => crowd.send(socket, requests))
  },
}
