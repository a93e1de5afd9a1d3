/** Loaded into a broker: the heap grows as V8 would have it. */
import v8 from 'node:v8'
import { syncBuiltinESMExports } from 'node:module'

v8.setFlagsFromString = () => {}
syncBuiltinESMExports()
