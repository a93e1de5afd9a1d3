/** `npm run hostile`: changed and random bytes for everything that takes bytes from outside; with `--attacks`, attacks on a broker. */
import { runMain } from '../interop/child.ts'
import { runAttacks } from './attack/run-attacks.ts'
import { runHostile } from './run-hostile.ts'

const [first, ...others] = process.argv.slice(2)
await runMain(() => (first === '--attacks' ? runAttacks(others) : runHostile(process.argv.slice(2))))
