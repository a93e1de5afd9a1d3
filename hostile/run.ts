/** `npm run hostile`: changed and random bytes for everything that takes bytes from outside. */
import { runHostile } from './run-hostile.ts'

process.exitCode = await runHostile(process.argv.slice(2))
