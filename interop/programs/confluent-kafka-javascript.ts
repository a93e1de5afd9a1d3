import { join } from 'node:path'
import type { ClientProgram } from '../client-program.ts'
import { clientFolder } from '../install/client-folder.ts'
import { installNativeNpmFolder } from '../install/native-npm-folder.ts'
import { allCodecs } from './all-codecs.ts'

const packageName = '@confluentinc/kafka-javascript'
const folder = clientFolder('confluent-kafka-javascript')

export const confluentKafkaJavascript: ClientProgram = {
  name: 'confluent-kafka-javascript',
  everyday: false,
  about: `[${packageName}](https://github.com/confluentinc/confluent-kafka-javascript) (librdkafka)`,
  installedBy:
    '`clients/confluent-kafka-javascript/package-lock.json`, compiled with g++ against Debian’s libraries (minutes)',
  command: process.execPath,
  prefix: [join(folder, 'client.mjs')],
  install: () => installNativeNpmFolder(folder, packageName),
  codecs: allCodecs,
  headersPerRecord: true,
  setsTimestamps: true,
  lacks: {
    configs: 'its admin client has no call for it',
    'add-partitions': 'its admin client has no call for it',
    'empty-value': 'it sends an empty value as null',
  },
  notes: [
    'It reads only as a member of a group: to read a topic from end to end it gets a group of its own that commits nothing.',
    '`createTopics` answers false, not an error, when the topic exists; the client program names that `exists`.',
  ],
}
