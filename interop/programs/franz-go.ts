import type { ClientProgram } from '../client-program.ts'
import { goProgram } from './go-program.ts'

export const franzGo: ClientProgram = {
  ...goProgram('franz-go'),
  everyday: true,
  about: '[franz-go](https://github.com/twmb/franz-go)',
}
