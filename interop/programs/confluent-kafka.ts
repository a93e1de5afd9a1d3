import type { ClientProgram } from '../client-program.ts'
import { pythonProgram } from './python-program.ts'

export const confluentKafka: ClientProgram = {
  ...pythonProgram('confluent-kafka'),
  everyday: true,
  about: '[confluent-kafka](https://github.com/confluentinc/confluent-kafka-python) for Python (librdkafka)',
}
