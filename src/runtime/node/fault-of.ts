import { DiskFault } from '../disk.ts'

/** The `DiskFault` for what the system said while doing `operation` on `path`. */
export function faultOf(cause: unknown, operation: string, path: string): DiskFault {
  if (cause instanceof DiskFault) return cause
  const code = (cause as NodeJS.ErrnoException | null)?.code
  return new DiskFault({ code: typeof code === 'string' ? code : 'EIO', path, operation, cause })
}
