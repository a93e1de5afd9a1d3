import { join } from 'node:path'
import type { ClientProgram } from '../client-program.ts'
import { clientFolder } from '../install/client-folder.ts'
import { installPython, pythonOf } from '../install/python-folder.ts'
import { allCodecs } from './all-codecs.ts'

const folder = clientFolder('confluent-kafka')

export const confluentKafka: ClientProgram = {
  name: 'confluent-kafka',
  everyday: true,
  about: '[confluent-kafka](https://github.com/confluentinc/confluent-kafka-python) for Python (librdkafka)',
  installedBy: '`clients/confluent-kafka/requirements.txt`, in a virtual environment',
  command: pythonOf(folder),
  prefix: [join(folder, 'client.py')],
  install: () => installPython(folder),
  codecs: allCodecs,
  headersPerRecord: true,
  setsTimestamps: true,
  lacks: {},
  notes: [],
}
