import type { ClientProgram } from '../client-program.ts'
import { pythonProgram } from './python-program.ts'

export const aiokafka: ClientProgram = {
  ...pythonProgram('aiokafka'),
  about: '[aiokafka](https://github.com/aio-libs/aiokafka)',
  lacks: { cooperative: 'no cooperative protocol', 'null-record': 'a record needs a key or a value' },
  notes: [
    'Its admin client hands on what a broker refuses as a number in the answer; the client program raises it under aiokafka’s name.',
    'It alters settings with AlterConfigs, which replaces all that the topic had.',
  ],
}
