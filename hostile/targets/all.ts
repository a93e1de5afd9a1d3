import { decodeRequest, decodeResponse } from '../../src/codec/api.ts'
import { decompress } from '../../src/codec/compression.ts'
import { SizedFrames } from '../../src/codec/sized-frames.ts'
import { FrameReader } from '../../src/kafka/frame-reader.ts'
import { validateBatches } from '../../src/record/batch-validation.ts'
import { plantedTargets } from '../planted/all.ts'
import type { AnyTarget } from '../target.ts'
import { batchesTarget } from './batches.ts'
import { codecsTarget } from './codecs.ts'
import { commitLogsTarget } from './commit-logs.ts'
import { filesTarget } from './files.ts'
import { frameReaderTarget } from './frame-reader.ts'
import { logsTarget } from './logs.ts'
import { recordsTarget } from './records.ts'
import { requestsTarget, responsesTarget } from './requests.ts'
import { sizedFramesTarget } from './sized-frames.ts'

/** Everything that takes bytes from outside. */
export const targets: readonly AnyTarget[] = [
  frameReaderTarget('frame-reader', (shared, sink) => new FrameReader(shared, sink)),
  sizedFramesTarget('sized-frames', (bounds, onFrame) => new SizedFrames(bounds, onFrame)),
  requestsTarget('requests', decodeRequest),
  responsesTarget('responses', decodeResponse),
  recordsTarget('records'),
  filesTarget('files'),
  batchesTarget('batches', validateBatches),
  codecsTarget('codecs', decompress),
  logsTarget('logs'),
  commitLogsTarget('commit-logs'),
]

/** By its name; planted ones too. */
export function targetNamed(name: string): AnyTarget {
  const found = [...targets, ...plantedTargets].find((target) => target.name === name)
  if (found === undefined) throw new RangeError(`there is no target ${name}`)
  return found
}
