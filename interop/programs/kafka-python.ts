import type { ClientProgram } from '../client-program.ts'
import { pythonProgram } from './python-program.ts'

export const kafkaPython: ClientProgram = {
  ...pythonProgram('kafka-python'),
  about: '[kafka-python](https://github.com/dpkp/kafka-python)',
  lacks: { 'null-record': 'a record needs a key or a value' },
}
