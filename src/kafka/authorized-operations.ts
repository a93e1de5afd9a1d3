/**
 * All operations that there are, as the bits of Kafka's access control: without access control everybody may do all of
 * them.
 */
export const allOperations = { cluster: 8096, group: 3400, topic: 3576 } as const
