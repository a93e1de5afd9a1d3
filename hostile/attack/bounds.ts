/**
 * What the process may take more than at rest, in MiB: unsent answers 256, buffers kept for reuse 64, and as much again
 * that the collector and the allocator are behind.
 */
export const answersBoundMiB = 640
/** Begun requests 128 and those that are served 128, buffers kept for reuse 64, 64 KiB of each connection, and the same lag. */
export const requestsBoundMiB = 640

/** As it was without a bound on the sum. */
export const noBoundOnAnswers = {
  'queued.max.response.bytes': '1000000000000',
  'connection.unsent.max.bytes': '67108864',
} as const
export const noBoundOnRequests = { 'queued.max.request.bytes': '1000000000000' } as const
