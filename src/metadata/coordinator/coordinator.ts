import type { AnswerOf, Operation, RequestTo } from '../controller/operations.ts'
import type { ClusterImage } from '../image.ts'
import type { MetadataRecord } from '../records.ts'

/** The service that decides what the cluster is: topics, leaders, settings. It keeps the image and is asked for changes of it. */
export interface Coordinator {
  readonly image: ClusterImage
  /**
   * Asks for a change. Resolves once its records are committed, replayed into the image and put into effect by this
   * broker; rejects with `CoordinatorUnavailable` when that could not be made sure: it may have happened or not.
   */
  submit<O extends Operation>(operation: O, request: RequestTo<O>): Promise<AnswerOf<O>>
}

/** Puts committed records into effect on this broker: opens logs, takes over leaderships, applies settings. */
export type MetadataApplier = (records: readonly MetadataRecord[]) => Promise<void>

/** The coordinator cannot decide at present. A client may try again. */
export class CoordinatorUnavailable extends Error {
  constructor(cause: string) {
    super(`the metadata log takes no changes: ${cause}`)
    this.name = 'CoordinatorUnavailable'
  }
}
