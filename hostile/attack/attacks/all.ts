import type { Attack } from '../attack.ts'
import { connectionFlood } from './connection-flood.ts'
import { fetchSessions } from './fetch-sessions.ts'
import { halfClosed } from './half-closed.ts'
import { lyingLength } from './lying-length.ts'
import { neverRead } from './never-read.ts'
import { parkedFetch } from './parked-fetch.ts'
import { pipelinedMetadata } from './pipelined-metadata.ts'
import { slowRead } from './slow-read.ts'
import { stalledRequest } from './stalled-request.ts'
import { trickledRequest } from './trickled-request.ts'

/** Each bounded, and each with what takes its bound away. */
export const attacks: readonly Attack[] = [
  neverRead,
  slowRead,
  pipelinedMetadata,
  halfClosed,
  stalledRequest,
  trickledRequest,
  lyingLength,
  connectionFlood,
  parkedFetch,
  fetchSessions,
]
