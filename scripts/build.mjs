// `npm run build`: compiles into an emptied dist/, whatever was there.
import { rebuild } from './ready.mjs'

try {
  await rebuild()
} catch (fault) {
  console.error(`trilog: ${fault instanceof Error ? fault.message : fault}`)
  process.exitCode = 1
}
