import { join } from 'node:path'
import type { ClientProgram } from '../client-program.ts'
import { clientFolder } from '../install/client-folder.ts'
import { installNpmFolder } from '../install/npm-folder.ts'
import { failureText } from '../child.ts'

const folder = clientFolder('kafkajs')

export const kafkajs: ClientProgram = {
  name: 'kafkajs',
  everyday: true,
  about: '[kafkajs](https://kafka.js.org)',
  installedBy: '`clients/kafkajs/package-lock.json`',
  command: process.execPath,
  prefix: [join(folder, 'client.mjs')],
  install: () => installNpmFolder(folder).then(() => null, failureText),
  codecs: ['gzip'],
  headersPerRecord: true,
  setsTimestamps: true,
  lacks: {
    cooperative: 'no cooperative protocol',
    static: 'no group.instance.id',
  },
  notes: [
    'kafkajs has gzip; its other codecs need further packages.',
    'It reads only as a member of a group: to read a topic from end to end it gets a group of its own that commits nothing.',
    '`createTopics` answers false, not an error, when the topic exists; the client program names that `exists`.',
    'A member leaves after its last fetch has come back, so `maxWaitTimeInMs` (5 s by default) is part of every rebalance; the cases set it to 300 ms.',
    'An idempotent producer sends one request at a time here (`maxInFlightRequests: 1`).',
    'Its one assignor is round robin; with one topic and four partitions that divides as range does.',
  ],
}
