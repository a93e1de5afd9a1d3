const name = 'MALLOC_MMAP_THRESHOLD_'
/** No larger than what every connection has to read into, so that this goes back, too, when clients go. */
const ownMappingBytes = 64 * 1024

/**
 * The environment for the process of a node. glibc gives every allocation from `MALLOC_MMAP_THRESHOLD_` bytes on a mapping of its own,
 * which goes back to the system when it is freed; unless that is set it raises the threshold up to 32 MiB as larger ones
 * are freed (mallopt(3), M_MMAP_THRESHOLD), and what large buffers leave between small ones stays resident. It reads
 * this when a process begins, so that whoever starts the process has to set it. Other allocators take no notice.
 */
export function allocatorEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { [name]: String(ownMappingBytes), ...environment }
}
