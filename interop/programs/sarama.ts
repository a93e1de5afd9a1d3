import type { ClientProgram } from '../client-program.ts'
import { goProgram } from './go-program.ts'

export const sarama: ClientProgram = {
  ...goProgram('sarama'),
  about: '[sarama](https://github.com/IBM/sarama)',
  notes: ['A partition’s consumer has no seek; it is closed and another begins at the offset.'],
}
